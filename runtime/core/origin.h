/* Origins: who is making a call into an allocator, as the tag will say it: side, contract and stack. Attribution never
 * fails; "unknown" is an answer. */
#ifndef CST_CORE_ORIGIN_H
#define CST_CORE_ORIGIN_H

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
    uint16_t side;             /**< known beforehand (Rust hooks, the API), or CST_SIDE_UNKNOWN: find out */
    uintptr_t return_address;
    uintptr_t frame;           /**< frame address of the function that `return_address` returns from */
};

/** Who makes the call. */
struct cst_origin {
    uint16_t side;
    uint8_t contract; /**< enum custody_contract */
    bool layout_known; /**< false for Rust seen through libc: the alignment that Rust asked for is not known */
    uint32_t stack;   /**< id of the stack; 0 when none is kept */
};

/** The resolver that turns modules into sides for cst_callsite_setup. */
extern const struct cst_callsite_resolver cst_origin_resolver;

/** Who makes this call, in every case. */
struct cst_origin cst_origin_of(const struct cst_call *call);

/** The id of a stack of more than one frame. */
CST_NOINLINE uint32_t cst_origin_deep_stack(uintptr_t return_address, uintptr_t frame);

/** The stack of a call as the settings want it: none, one frame (whose id is known already), or more. */
CST_INLINE uint32_t cst_origin_stack(uintptr_t return_address, uintptr_t frame, uint32_t one_frame)
{
    unsigned depth = cst_thread.stacks;
    if (CST_UNLIKELY(depth == 0))
        return 0;
    return depth == 1 ? one_frame : cst_origin_deep_stack(return_address, frame);
}

/** Who makes a call in the common case: a call site seen before, in a thread that is simply ready. `side` is known
 * beforehand or CST_SIDE_UNKNOWN. False: ask cst_origin_of. */
CST_INLINE bool cst_origin_quick(enum custody_door door, uint16_t side, uintptr_t return_address, uintptr_t frame,
                                 uint16_t *out_side, uint32_t *out_stack)
{
    uint16_t owner;
    uint32_t site;
    if (CST_UNLIKELY(cst_thread.mode != CST_THREAD_READY || !cst_callsite_quick(return_address, door, &owner, &site)))
        return false;
    *out_side = side ? side : owner;
    *out_stack = cst_origin_stack(return_address, frame, site);
    return true;
}

#endif
