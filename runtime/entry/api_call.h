/* What the functions of the ownership API have in common: who calls, and the way in. */
#ifndef CST_ENTRY_API_CALL_H
#define CST_ENTRY_API_CALL_H

#include "entry/hook.h"
#include "entry/start.h"

/** The call of the function that this is written in. `door` is CUSTODY_DOOR_CUSTODY_ALLOC or _RELEASE. */
#define CST_API_CALL(door_of_call) \
    { \
        .door = (door_of_call), .return_address = CST_HOOK_RETURN, .frame = CST_HOOK_FRAME \
    }

/** Enters the guard, for cst_thread_unguard(*out_mode), also where the runtime could not be started: what was registered is
 * then as usable as ever, though nothing is told. False in a thread that is inside the runtime, as a signal handler may
 * be: it must not wait for a lock. */
CST_INLINE CST_MUST_USE bool cst_api_enter(uint8_t *out_mode)
{
    if (CST_UNLIKELY(!cst_hook_is_ready()) && (cst_thread_is_inside(cst_thread.mode) || !cst_start_failed()))
        return false;
    *out_mode = cst_thread_guard();
    return true;
}

#endif
