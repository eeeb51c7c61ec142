/* A stored stack, as the two see it that keep it: stack_depot.c, which finds records by their frames, and stack_guess.c,
 * which hangs trails on them. */
#ifndef CST_SITE_STACK_RECORD_H
#define CST_SITE_STACK_RECORD_H

#include "site/stack_units.h"

/** Takes whole units. Nothing but `trails` and `walks` changes once its id is known. */
struct cst_stack_record {
    uint32_t hash;
    uint32_t next_and_count; /**< id of the next record of the chain, shifted by 8; number of frames */
    _Atomic uint32_t trails; /**< unit of the first trail; 0 for none */
    _Atomic uint32_t walks;  /**< 0 until a walk has found it */
    uintptr_t frames[];
};

/** The record with this id, which was given out. */
CST_INLINE struct cst_stack_record *cst_stack_record(uint32_t id)
{
    return (struct cst_stack_record *)cst_stack_unit(id);
}

CST_INLINE size_t cst_stack_record_count(const struct cst_stack_record *record)
{
    return record->next_and_count & 0xff;
}

#endif
