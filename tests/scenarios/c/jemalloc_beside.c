/* A jemalloc beside libc's allocator, with a prefix to its functions: each knows its own blocks only.
 *
 * @libs rjem
 * @builds cc=gcc opt=0 link=shared
 * @builds cc=clang opt=2 link=shared
 * @flags -fno-builtin -pthread
 * @run freed
 * @expect cross-allocator-free error exact owner=$prog/c/mallocx by=$prog/c/malloc call=free size=61 advice=dallocx alloc=$prog release=$prog
 * @run reallocated
 * @expect cross-allocator-free error exact owner=$prog/c/mallocx by=$prog/c/malloc call=realloc size=62 advice=dallocx
 * @run taken
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mallocx call=je_free size=63 advice=free
 * @run grown
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mallocx call=rallocx size=64 advice=free
 * @run copied
 * @origin D jemallocator issue 3
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$prog/c/mallocx call=je_free size=39 advice=free
 * @run twice
 * @expect double-free error exact owner=$prog/c/mallocx by=$prog/c/mallocx call=je_free size=65 first=$prog
 * @run sized
 * @expect layout-mismatch error exact owner=$prog/c/mallocx by=$prog/c/mallocx call=sdallocx size=72 given-size=30
 * @run extended
 * @run plain
 * @run measured-by-libc
 * @run good
 */
#include <stddef.h>

void *_rjem_mallocx(size_t size, int flags);
void *_rjem_rallocx(void *block, size_t size, int flags);
size_t _rjem_xallocx(void *block, size_t size, size_t extra, int flags);
size_t _rjem_sallocx(const void *block, int flags);
void _rjem_dallocx(void *block, int flags);
void _rjem_sdallocx(void *block, size_t size, int flags);
void *_rjem_malloc(size_t size);
void *_rjem_calloc(size_t count, size_t size);
void *_rjem_realloc(void *block, size_t size);
int _rjem_posix_memalign(void **out_block, size_t align, size_t size);
void _rjem_free(void *block);

#define OWN_MAKE(size) _rjem_mallocx(size, 0)
#define OWN_RESIZE(block, size) _rjem_rallocx(block, size, 0)
#define OWN_RELEASE(block) _rjem_free(block)
#define OWN_USABLE(block) _rjem_sallocx(block, 0)

static int extended(void);
static int sized(void);
static int plain(void);
#define OWN_MORE \
    {"extended", extended}, {"sized", sized}, \
    { \
        "plain", plain \
    }

#include "other_allocator.h"

/* What was asked for, or what is usable: both name the block rightly, before and after it was resized in place. */
static int extended(void)
{
    void *block = _rjem_mallocx(1000, 0);
    _rjem_sdallocx(block, 1000, 0);
    block = _rjem_mallocx(1000, 0);
    _rjem_sdallocx(block, _rjem_sallocx(block, 0), 0);
    block = _rjem_mallocx(1000, 0);
    require(_rjem_xallocx(block, 1020, 0, 0) >= 1020, "no room");
    _rjem_sdallocx(block, 1020, 0);
    _rjem_dallocx(_rjem_mallocx(71, 0), 0);
    return 0;
}

static int sized(void)
{
    _rjem_sdallocx(_rjem_mallocx(72, 0), 30, 0);
    return 0;
}

static int plain(void)
{
    void *aligned = NULL;
    require(_rjem_posix_memalign(&aligned, 4096, 73) == 0 && (size_t)aligned % 4096 == 0, "not aligned");
    _rjem_free(aligned);
    _rjem_free(_rjem_realloc(_rjem_calloc(2, 37), 100));
    _rjem_free(_rjem_malloc(75));
    return 0;
}
