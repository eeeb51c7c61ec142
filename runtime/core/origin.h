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

/** The unusual cases of cst_origin_of: libc acting for its caller, Rust through an entry not hooked yet. */
struct cst_origin cst_origin_special(const struct cst_call *call, const struct cst_callsite *site);

/** The stack of the call: its id, or 0 when `stacks` is 0. */
CST_INLINE uint32_t cst_origin_stack(const struct cst_call *call, uint32_t one_frame)
{
    unsigned depth = cst_thread.stacks;
    if (depth <= 1)
        return depth ? one_frame : 0;
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    return cst_stack_store(frames, cst_stack_walk(call->return_address, call->frame, &cst_thread.bounds, depth, frames));
}

/** Who makes this call. */
CST_INLINE struct cst_origin cst_origin_of(const struct cst_call *call)
{
    struct cst_callsite site = cst_callsite_get(call->return_address, call->door);
    if (CST_UNLIKELY(site.how == CST_HOW_RUST || cst_thread.behalf.return_address != 0))
        return cst_origin_special(call, &site);
    return (struct cst_origin){
        .side = call->side ? call->side : site.owner,
        .contract = (uint8_t)custody_door_contract(call->door),
        .layout_known = true,
        .stack = cst_origin_stack(call, site.site),
    };
}

#endif
