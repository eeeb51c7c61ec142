/* Frames of stored stacks. A frame is a return address while what lies there is what lay there when the stack was stored.
 * When another module has come to that place, the address would name the wrong code: then the frame is the number of its
 * module and the distance from that module's base. No locks, no allocation; any thread. */
#ifndef CST_SITE_STACK_FRAME_H
#define CST_SITE_STACK_FRAME_H

#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stdint.h>

/* User addresses have 47 bits. A detached frame has the module's id, plus one, above its offset. */
#define CST_STACK_OFFSET_BITS 48

_Static_assert(CST_MODULE_MAX < 1 << (64 - CST_STACK_OFFSET_BITS), "an id fits above an offset");

CST_INLINE bool cst_stack_frame_is_detached(uintptr_t frame)
{
    return frame >> CST_STACK_OFFSET_BITS != 0;
}

/** True when the call that returns to `frame`, an address, lies in [lo, hi). */
CST_INLINE bool cst_stack_frame_is_in(uintptr_t frame, uintptr_t lo, uintptr_t hi)
{
    return frame - 1 >= lo && frame - 1 < hi;
}

/** `frame`, an address in `module`, as it is once another module has come there. */
CST_INLINE uintptr_t cst_stack_frame_detach(uintptr_t frame, const struct cst_module *module)
{
    return (uintptr_t)(module->id + 1) << CST_STACK_OFFSET_BITS | (frame - module->base);
}

/** True for a detached frame of this module. */
CST_INLINE bool cst_stack_frame_is_of(uintptr_t frame, const struct cst_module *module)
{
    return frame >> CST_STACK_OFFSET_BITS == module->id + 1;
}

/** Where a frame is, or was. */
struct cst_stack_frame_place {
    const struct cst_module *module; /**< NULL when no module covers it, or did */
    uintptr_t offset; /**< of the return address from the module's base; the address itself without a module */
};

/** Finds the module of a frame, registering it if it is new: no lock of the runtime may be held. */
CST_MUST_USE struct cst_stack_frame_place cst_stack_frame_place(uintptr_t frame);

/** The return address that a frame is, or was when its module was there. */
CST_MUST_USE uintptr_t cst_stack_frame_address(uintptr_t frame);

#endif
