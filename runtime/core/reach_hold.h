/* Who holds a block: which sides the pointers to it lie with, as far as a mark (reach.h) needs to know: its own, one other,
 * or several. Kept among the marks of the block's tag. */
#ifndef CST_CORE_REACH_HOLD_H
#define CST_CORE_REACH_HOLD_H

#include "core/reach.h"

/** Bits of the marks that are reach.c's own; those above are used here. */
#define CST_REACH_COLOUR_BITS 5

/** Above the colours: what is known of the holders, 2 bits, then the one other side, 10 bits. */
enum cst_reach_held { CST_REACH_HELD_BY_NOBODY, CST_REACH_HELD_BY_OTHER, CST_REACH_HELD_BY_MANY };

CST_INLINE enum cst_reach_held cst_reach_held_by(uint32_t marks)
{
    return (enum cst_reach_held)(marks >> CST_REACH_COLOUR_BITS & 3);
}

/** Fills in the parties of a mark's room. */
void cst_reach_note_parties(struct cst_reach *reach);

/** Notes that `holder` has a pointer to the block of `tag`. */
void cst_reach_hold(const struct cst_reach *reach, struct cst_tag *tag, uint16_t holder);

#endif
