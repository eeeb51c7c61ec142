/* Places and words of a stack, for those who walk it or look at one frame. */
#ifndef CST_SITE_STACK_PLACE_H
#define CST_SITE_STACK_PLACE_H

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

/** Where the function whose frame this is returns to. */
CST_INLINE uintptr_t cst_stack_return(uintptr_t frame)
{
    return cst_stack_word(frame + sizeof(uintptr_t));
}

#endif
