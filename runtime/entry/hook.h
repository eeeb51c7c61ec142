/* Hooks: what the shims call. They must be inlined into the function that the world calls, because they take its return
 * address and frame: "who called, and from where". The route of a call: shim -> hook (thread ready?) -> engine; a thread
 * that is not simply ready goes through hook.c, which makes it ready or, inside the runtime already, has inside.c serve
 * it. */
#ifndef CST_ENTRY_HOOK_H
#define CST_ENTRY_HOOK_H

#include "core/engine.h"
#include "entry/inside.h"
#include "entry/thread.h"

/** Where the enclosing function returns to, and its frame. */
#define CST_HOOK_RETURN ((uintptr_t)__builtin_return_address(0))
#define CST_HOOK_FRAME ((uintptr_t)__builtin_frame_address(0))

/** What a thread that is not simply ready does first, in the function with this frame. */
CST_COLD CST_MUST_USE bool cst_hook_enter(uintptr_t frame);

/** True when the calling thread may enter the engine, which it is made ready for if need be. */
CST_INLINE bool cst_hook_is_ready(void)
{
    return CST_LIKELY(cst_thread.mode == CST_THREAD_READY) || cst_hook_enter(CST_HOOK_FRAME);
}

/** An allocation by a thread that is new, or inside the runtime, or in libc's hands. */
void *cst_hook_alloc_unready(uint64_t way, size_t size, size_t align, uintptr_t return_address, uintptr_t frame);

/** A release by such a thread; of `size` and `align` what `way` says. */
void cst_hook_release_unready(uint64_t way, void *block, size_t size, size_t align, uintptr_t return_address,
                              uintptr_t frame);

/** As cst_engine_alloc, from any thread. */
CST_INLINE void *cst_hook_alloc(enum custody_door door, uint16_t side, size_t size, size_t align, bool zero)
{
    if (CST_LIKELY(cst_thread.mode == CST_THREAD_READY))
        return cst_engine_alloc(door, side, CST_HOOK_RETURN, CST_HOOK_FRAME, size, align, zero);
    return cst_hook_alloc_unready(cst_way_of_alloc(door, side, zero), size, align, CST_HOOK_RETURN, CST_HOOK_FRAME);
}

/** As cst_engine_release, from any thread; NULL does nothing. */
CST_INLINE void cst_hook_release(enum custody_door door, uint16_t side, void *block, struct cst_given given)
{
    if (CST_UNLIKELY(!block))
        return;
    if (CST_LIKELY(cst_thread.mode == CST_THREAD_READY)) {
        cst_engine_release(door, side, CST_HOOK_RETURN, CST_HOOK_FRAME, block, given);
        return;
    }
    cst_hook_release_unready(cst_way_of_release(door, side, &given), block, given.size, given.align, CST_HOOK_RETURN,
                             CST_HOOK_FRAME);
}

/** As cst_engine_resize, from any thread. */
CST_INLINE void *cst_hook_resize(enum custody_door door, uint16_t side, void *block, size_t size, size_t align,
                                 struct cst_given given)
{
    if (CST_UNLIKELY(!cst_hook_is_ready()))
        return cst_inside_resize(block, size);
    const struct cst_call call = {
        .door = door, .side = side, .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME};
    return cst_engine_resize(&call, block, size, align, &given);
}

#endif
