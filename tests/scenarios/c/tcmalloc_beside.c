/* tcmalloc beside libc's allocator, which comes first: each knows its own blocks only. It loses 8 bytes of its own at start.
 *
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin -pthread -Wl,--no-as-needed -lc -ltcmalloc_minimal
 * @run freed
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect cross-allocator-free error exact owner=$prog/c/tc_malloc by=$prog/c/malloc call=free size=61 advice=tc_free alloc=$prog release=$prog
 * @run reallocated
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect cross-allocator-free error exact owner=$prog/c/tc_malloc by=$prog/c/malloc call=realloc size=62 advice=tc_free
 * @run taken
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/tc_malloc call=tc_free size=63 advice=free
 * @run grown
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/tc_malloc call=tc_realloc size=64 advice=free
 * @run copied
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/tc_malloc call=tc_free size=39 advice=free
 * @run twice
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect double-free error exact owner=$prog/c/tc_malloc by=$prog/c/tc_malloc call=tc_free size=65 first=$prog
 * @run sized
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @expect layout-mismatch error exact owner=$prog/c/tc_malloc by=$prog/c/tc_malloc call=tc_free_sized size=72 given-size=300
 * @run operators
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @run others
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @run measured-by-libc
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 * @run good
 * @expect leak error exact owner=libtcmalloc_minimal.so.4/c++/new size=8
 */
#include <gperftools/tcmalloc.h>

void *tc_new(size_t size);
void *tc_newarray(size_t size);
void tc_delete(void *block);
void tc_deletearray(void *block);
void tc_delete_sized(void *block, size_t size);

#define OWN_MAKE(size) tc_malloc(size)
#define OWN_RESIZE(block, size) tc_realloc(block, size)
#define OWN_RELEASE(block) tc_free(block)
#define OWN_USABLE(block) tc_malloc_size(block)

static int sized(void);
static int operators(void);
static int others(void);
#define OWN_MORE \
    {"sized", sized}, {"operators", operators}, \
    { \
        "others", others \
    }

#include "other_allocator.h"

static int sized(void)
{
    tc_free_sized(tc_malloc(72), 300);
    return 0;
}

static int operators(void)
{
    tc_delete(tc_new(79));
    tc_deletearray(tc_newarray(80));
    tc_delete_sized(tc_new(81), 81);
    return 0;
}

static int others(void)
{
    void *block = NULL;
    require(tc_posix_memalign(&block, 64, 82) == 0, "no memory");
    tc_free(block);
    tc_free(tc_memalign(64, 83));
    tc_free(tc_calloc(4, 21));
    require(tc_realloc(tc_malloc(84), 0) == NULL, "not released");
    tc_free_sized(tc_malloc(85), 85);
    return 0;
}
