/* Hooks: the ways of threads that are not simply ready; see hook.h. */
#include "entry/hook.h"

#include "core/held.h"

bool cst_hook_enter(uintptr_t frame)
{
    return cst_thread_enter() ||
           (cst_thread_is_inside(cst_thread.mode) && cst_held_recover(frame) && cst_thread_enter());
}

void *cst_hook_alloc_unready(const struct cst_call *call, size_t size, size_t align, bool zero)
{
    return cst_hook_enter(call->frame) ? cst_engine_alloc_slow(call, size, align, zero)
                                       : cst_inside_alloc(size, align, zero);
}

void cst_hook_release_unready(const struct cst_call *call, void *block, const struct cst_given *given)
{
    if (cst_hook_enter(call->frame))
        cst_engine_release_slow(call, (uintptr_t)block, given);
    else
        cst_inside_release(block);
}
