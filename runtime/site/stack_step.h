/* One step of a walk over frame pointers, for those who walk: the memory read lies within the bounds, whatever it holds. */
#ifndef CST_SITE_STACK_STEP_H
#define CST_SITE_STACK_STEP_H

#include "site/stack.h"

#include <stdbool.h>

CST_INLINE bool cst_stack_holds(const struct cst_stack_bounds *bounds, uintptr_t address)
{
    return address >= bounds->lo && address < bounds->hi;
}

/** The highest place of a frame: room for the saved frame pointer and the return address. Unused when the bounds are not
 * known. */
CST_INLINE uintptr_t cst_stack_last(const struct cst_stack_bounds *bounds)
{
    return bounds->hi - 2 * sizeof(uintptr_t);
}

/** True when a walk may start at `frame`. */
CST_INLINE bool cst_stack_starts(const struct cst_stack_bounds *bounds, uintptr_t frame)
{
    return cst_stack_holds(bounds, frame) && frame <= cst_stack_last(bounds) && frame % sizeof(uintptr_t) == 0;
}

/** The word at `address`, aligned or not. */
CST_INLINE uintptr_t cst_stack_word(uintptr_t address)
{
    uintptr_t word;
    __builtin_memcpy(&word, (const void *)address, sizeof word);
    return word;
}

/** The frame of the caller of the function whose frame this is: aligned, above it and at most `last`; 0 when there is
 * none. `frame` is such a frame itself. */
CST_INLINE uintptr_t cst_stack_step(uintptr_t frame, uintptr_t last)
{
    uintptr_t next = cst_stack_word(frame);
    bool above = next - frame - 1 < last - frame;
    return CST_LIKELY(above && next % sizeof(uintptr_t) == 0) ? next : 0;
}

/** Where the function whose frame this is returns to. */
CST_INLINE uintptr_t cst_stack_return(uintptr_t frame)
{
    return cst_stack_word(frame + sizeof(uintptr_t));
}

#endif
