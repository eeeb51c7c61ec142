/* Hooks: the ways of threads that are not simply ready; see hook.h. */
#include "entry/hook.h"

#include "core/held.h"

bool cst_hook_enter(uintptr_t frame)
{
    return cst_thread_enter() ||
           (cst_thread_is_inside(cst_thread.mode) && cst_held_recover(frame) && cst_thread_enter());
}

void *cst_hook_alloc_unready(uint64_t way, size_t size, size_t align, uintptr_t return_address, uintptr_t frame)
{
    return cst_hook_enter(frame) ? cst_engine_alloc_other(way, size, align, return_address, frame)
                                 : cst_inside_alloc(size, align, (way & CST_WAY_ZERO) != 0);
}

void cst_hook_release_unready(uint64_t way, void *block, size_t size, size_t align, uintptr_t return_address,
                              uintptr_t frame)
{
    if (cst_hook_enter(frame))
        cst_engine_release_other(way, block, size, align, return_address, frame);
    else
        cst_inside_release(block);
}
