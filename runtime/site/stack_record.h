/* A stored stack, as the two see it that keep it: stack_depot.c, which finds records by their frames, and stack_guess.c,
 * which hangs trails on them. */
#ifndef CST_SITE_STACK_RECORD_H
#define CST_SITE_STACK_RECORD_H

#include "site/stack_units.h"

/** Callers that are compared at a time. */
#define CST_STACK_GROUP ((size_t)4)

struct cst_stack_trail;

/** Takes whole units. Once its id is known, nothing changes but `trails` and `is_walked`, until the record is detached: then
 * CST_STACK_DETACHED is set, and after that frames become detached ones; and back. Frames are read and written as atomic
 * words. Callers, all frames but the first, fill whole groups: the last one stands there as often as that takes. */
struct cst_stack_record {
    uint32_t hash;
    _Atomic uint32_t
        next_and_count; /**< id of the next record of the chain, shifted by 8; the number of frames, and whether it
                             is detached */
    _Atomic(const struct cst_stack_trail *) trails; /**< the first of them */
    _Atomic bool is_walked;                         /**< a walk has found it */
    uintptr_t frames[];                             /**< callers are aligned to 16, as whole units are */
};

_Static_assert((sizeof(struct cst_stack_record) + sizeof(uintptr_t)) % 16 == 0, "callers are aligned");

/** In next_and_count: the record holds detached frames. Then it is found no more. */
#define CST_STACK_DETACHED ((uint32_t)0x80)

_Static_assert(CST_STACK_FRAMES_MAX < CST_STACK_DETACHED, "a count leaves its uppermost bit");

/** How many callers a stack of `count` frames is filled up to. */
CST_INLINE size_t cst_stack_filled(size_t count)
{
    return (count - 1 + CST_STACK_GROUP - 1) / CST_STACK_GROUP * CST_STACK_GROUP;
}

/** The record with this id, which was given out. */
CST_INLINE struct cst_stack_record *cst_stack_record(uint32_t id)
{
    return (struct cst_stack_record *)cst_stack_unit(id);
}

CST_INLINE size_t cst_stack_record_count(const struct cst_stack_record *record)
{
    return atomic_load_explicit(&record->next_and_count, memory_order_relaxed) & (CST_STACK_DETACHED - 1);
}

CST_INLINE uintptr_t cst_stack_record_frame(const struct cst_stack_record *record, size_t index)
{
    return __atomic_load_n(&record->frames[index], __ATOMIC_RELAXED);
}

#endif
