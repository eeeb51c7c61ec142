/* Origins: who is making a call into an allocator, as the tag will say it: side, contract and stack. Attribution never
 * fails; "unknown" is an answer. */
#ifndef CST_CORE_ORIGIN_H
#define CST_CORE_ORIGIN_H

#include "core/owner.h"
#include "core/side.h"
#include "core/thread.h"
#include "custody/words.h"
#include "plat/compiler.h"
#include "site/callsite.h"
#include "site/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** One call, as the door saw it. */
struct cst_call {
    enum custody_door door;
    uint16_t side; /**< known beforehand (Rust hooks, the API), or CST_SIDE_UNKNOWN: find out */
    uintptr_t return_address;
    uintptr_t frame; /**< frame address of the function that `return_address` returns from */
};

/** Who makes the call. */
struct cst_origin {
    uint16_t side;
    uint8_t contract;  /**< enum custody_contract */
    bool layout_known; /**< false for Rust seen through libc: the alignment that Rust asked for is not known */
    uint32_t stack;    /**< id of the stack; 0 when none is kept */
};

/** The resolver that turns callers into owners for cst_callsite_setup. */
extern const struct cst_callsite_resolver cst_origin_resolver;

/** Who makes this call, in every case. */
struct cst_origin cst_origin_of(const struct cst_call *call);

/** The side of the code at `address`, by its module and language; CST_SIDE_UNKNOWN when there is no module. For calls of
 * the API, which say nothing of an allocator. */
uint16_t cst_origin_side_at(uintptr_t address);

/** Who makes a call in the common case: a call site seen before, in a thread that is simply ready. `side` is known
 * beforehand or CST_SIDE_UNKNOWN; gives the owner and the id of the stack of one frame. False: ask cst_origin_of. */
CST_INLINE bool cst_origin_quick(enum custody_door door, uint16_t side, uintptr_t return_address, uint16_t *out_owner,
                                 uint32_t *out_site)
{
    uint16_t owner;
    if (CST_UNLIKELY(cst_thread.mode != CST_THREAD_READY ||
                     !cst_callsite_quick(return_address, door, &owner, out_site)))
        return false;
    *out_owner = side ? cst_owner_make(custody_door_contract(door), side) : owner;
    return true;
}

/** As cst_origin_quick, where that failed: also when the answer for the site is remembered in less simple ways. */
CST_MUST_USE bool cst_origin_steady(const struct cst_call *call, uint16_t *out_owner, uint32_t *out_site);

/** True when the settings ask for stacks of several frames. */
CST_INLINE bool cst_origin_is_deep(void)
{
    return cst_thread.stacks > 1;
}

/** The stack of a call, when stacks are not deep: its one frame, or none. */
CST_INLINE uint32_t cst_origin_shallow(uint32_t site)
{
    return site & (0U - cst_thread.stacks);
}

/** The stack of a call, when stacks are deep. */
CST_INLINE uint32_t cst_origin_deep(uintptr_t return_address, uintptr_t frame)
{
    return cst_stack_get(return_address, frame, &cst_thread.bounds, cst_thread.stacks);
}

/** The stack of a call whose one frame is `site`. */
CST_INLINE uint32_t cst_origin_stack(const struct cst_call *call, uint32_t site)
{
    return cst_origin_is_deep() ? cst_origin_deep(call->return_address, call->frame) : cst_origin_shallow(site);
}

#endif
