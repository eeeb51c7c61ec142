/* jemalloc in the place of libc's allocator: its own functions may be mixed with malloc and free, which is told, and no
 * more.
 *
 * @packages jemalloc
 * @builds cc=gcc opt=0
 * @builds cc=clang opt=2
 * @flags -fno-builtin -pthread
 * @run freed
 * @expect cross-allocator-free note inferred owner=$prog/c/mallocx by=$prog/c/malloc call=free size=61
 * @run reallocated
 * @expect cross-allocator-free note inferred owner=$prog/c/mallocx by=$prog/c/malloc call=realloc size=62
 * @run taken
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mallocx call=dallocx size=63
 * @run grown
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mallocx call=rallocx size=64
 * @run copied
 * @expect cross-allocator-free note inferred owner=$prog/c/malloc by=$prog/c/mallocx call=dallocx size=39
 * @run twice
 * @expect double-free error exact owner=$prog/c/mallocx by=$prog/c/mallocx call=dallocx size=65 first=$prog
 * @run sized
 * @run measured-by-libc
 * @run good
 */
#include <stddef.h>

void *mallocx(size_t size, int flags);
void *rallocx(void *block, size_t size, int flags);
size_t xallocx(void *block, size_t size, size_t extra, int flags);
size_t sallocx(const void *block, int flags);
void dallocx(void *block, int flags);
void sdallocx(void *block, size_t size, int flags);

#define OWN_MAKE(size) mallocx(size, 0)
#define OWN_RESIZE(block, size) rallocx(block, size, 0)
#define OWN_RELEASE(block) release(block)
#define OWN_USABLE(block) sallocx(block, 0)

static void release(void *block)
{
    if (block) {
        dallocx(block, 0);
    }
}

static int sized(void)
{
    sdallocx(mallocx(72, 0), 72, 0);
    return 0;
}
#define OWN_MORE \
    { \
        "sized", sized \
    }

#include "other_allocator.h"
