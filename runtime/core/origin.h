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

/** Who makes a call in the common case: a call site seen before, in a thread that is simply ready and keeps one frame or
 * none. `side` is known beforehand or CST_SIDE_UNKNOWN. False: ask cst_origin_of. */
CST_INLINE bool cst_origin_quick(enum custody_door door, uint16_t side, uintptr_t return_address, uint16_t *out_side,
                                 uint32_t *out_stack)
{
    uint16_t owner;
    uint32_t site, frames = cst_thread.stacks;
    if (CST_UNLIKELY(cst_thread.mode != CST_THREAD_READY || frames > 1 ||
                     !cst_callsite_quick(return_address, door, &owner, &site)))
        return false;
    *out_side = side ? side : owner;
    *out_stack = site & (0U - frames);
    return true;
}

#endif
