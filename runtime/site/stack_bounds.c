/* Where the calling thread's stack lies; see stack.h. */
#include "plat/sys.h"
#include "site/stack.h"
#include "site/stack_place.h"

#include <errno.h>
#include <pthread.h>

/* Where the kernel put the first frame's arguments; every frame of the main thread lies below. From ld.so. */
extern void *__libc_stack_end;

/* More than any main thread uses, when its stack has no limit or an unreasonable one. */
#define MAIN_STACK_MAX ((size_t)1 << 30)

static struct cst_stack_bounds main_bounds(void)
{
    uintptr_t hi = (uintptr_t)__libc_stack_end;
    size_t limit = cst_sys_stack_limit();
    size_t size = limit < MAIN_STACK_MAX ? limit : MAIN_STACK_MAX;
    return (struct cst_stack_bounds){hi > size ? hi - size : 0, hi};
}

static struct cst_stack_bounds thread_bounds(void)
{
    struct cst_stack_bounds bounds = {0, 0};
    int saved = errno;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        void *lowest;
        size_t size;
        if (pthread_attr_getstack(&attributes, &lowest, &size) == 0) {
            bounds.lo = (uintptr_t)lowest;
            bounds.hi = bounds.lo + size;
        }
        pthread_attr_destroy(&attributes);
    }
    errno = saved;
    return bounds;
}

struct cst_stack_bounds cst_stack_bounds_get(void)
{
    if (cst_sys_tid() == cst_sys_pid()) {
        struct cst_stack_bounds bounds = main_bounds();
        if (cst_stack_holds(&bounds, (uintptr_t)__builtin_frame_address(0))) {
            return bounds;
        }
    }
    return thread_bounds(); /* also after a fork by another thread, whose stack the child goes on with */
}
