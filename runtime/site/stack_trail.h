/* Trails: what a walk rested on (stack_trace.h), kept with the stack that it found so that few instructions compare many
 * words. Return addresses are compared with the stack's own frames, so a trail says only where they lie; and with them those
 * saved stack addresses from which the walk went on. Words go by twos, with no test in between. Used by stack_guess.c only. */
#ifndef CST_SITE_STACK_TRAIL_H
#define CST_SITE_STACK_TRAIL_H

#include "site/stack_place.h"
#include "site/stack_record.h"
#include "site/stack_trace.h"

/** Two words, compared as one. */
typedef uintptr_t cst_pair __attribute__((vector_size(16)));
typedef uintptr_t cst_unaligned_pair __attribute__((vector_size(16), aligned(8)));

/** Takes whole units of the store. Slots and values are in bytes above the frame that the walk started from. Nothing changes
 * once it is hung on its stack.
 *
 * Callers come in groups. As functions with a frame pointer leave a base right below a return address, the first groups may
 * have one below each of theirs, which takes no slot: they are `paired`. Other bases follow, the last of an odd number twice.
 * Code without frame pointers leaves bases in few functions, and none of them paired. */
struct cst_stack_trail {
    const struct cst_stack_record *record; /**< of the stack */
    const struct cst_stack_trail *next;    /**< of the same stack */
    uint32_t stack;
    uint32_t reach;          /**< end of the highest slot */
    uint8_t max;             /**< frames that the walk was asked for */
    uint8_t unpaired_max;    /**< the same, when no callers are paired; else 0 */
    uint8_t paired, callers; /**< callers in paired groups, and in all */
    uint8_t bases;           /**< others than paired ones */
    uint16_t values;  /**< where values begin, in bytes from the trail: of each paired base, the outermost first, with
                                  the return address above it; then of other bases */
    uint32_t slots[]; /**< of the callers, then of other bases */
};

CST_INLINE const uintptr_t *cst_stack_trail_values(const struct cst_stack_trail *trail)
{
    return (const void *)((const unsigned char *)trail + trail->values);
}

/** Two words, aligned to 16. */
CST_INLINE cst_pair cst_pair_at(const uintptr_t *words)
{
    return *(const cst_pair *)(const void *)words;
}

/** The words of the stack at two slots. */
CST_INLINE cst_pair cst_stack_pair(uintptr_t frame, const uint32_t *slots)
{
    return (cst_pair){cst_stack_word(frame + slots[0]), cst_stack_word(frame + slots[1])};
}

/** The words of the stack that end with the one at a slot. */
CST_INLINE cst_pair cst_stack_pair_to(uintptr_t frame, uint32_t slot)
{
    return *(const cst_unaligned_pair *)(frame + slot - sizeof(uintptr_t));
}

/* Each of these gives zeros when some words of the stack are those of the trail. They count down, and what the count was is
 * hidden from compilers: these spend more on the ends of such loops than they save in them. */

CST_INLINE cst_pair cst_stack_trail_differ_paired(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const uintptr_t *values = cst_stack_trail_values(trail);
    const cst_pair origin = {frame, 0};
    cst_pair difference = {0, 0};
    for (size_t i = trail->paired; i > 0; i -= 4, values += 8) {
        CST_OPAQUE(i);
        difference |= (cst_stack_pair_to(frame, trail->slots[i - 1]) - origin) ^ cst_pair_at(&values[0]);
        difference |= (cst_stack_pair_to(frame, trail->slots[i - 2]) - origin) ^ cst_pair_at(&values[2]);
        difference |= (cst_stack_pair_to(frame, trail->slots[i - 3]) - origin) ^ cst_pair_at(&values[4]);
        difference |= (cst_stack_pair_to(frame, trail->slots[i - 4]) - origin) ^ cst_pair_at(&values[6]);
    }
    return difference;
}

/* Of callers from number `from` on. */
CST_INLINE cst_pair cst_stack_trail_differ_callers(const struct cst_stack_trail *trail, uintptr_t frame, size_t from)
{
    const uintptr_t *frames = trail->record->frames;
    cst_pair difference = {0, 0};
    for (size_t i = trail->callers; i > from; i -= 4) {
        CST_OPAQUE(i);
        difference |= cst_stack_pair(frame, &trail->slots[i - 4]) ^ cst_pair_at(&frames[i - 3]);
        difference |= cst_stack_pair(frame, &trail->slots[i - 2]) ^ cst_pair_at(&frames[i - 1]);
    }
    return difference;
}

/* Of bases that are not paired. */
CST_INLINE cst_pair cst_stack_trail_differ_bases(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const uint32_t *slot = trail->slots + trail->callers, *end = slot + trail->bases;
    const uintptr_t *value = cst_stack_trail_values(trail) + (size_t)2 * trail->paired;
    const cst_pair origin = {frame, frame};
    cst_pair difference = {0, 0};
    for (; slot < end; slot += 2, value += 2) {
        difference |= (cst_stack_pair(frame, slot) - origin) ^ cst_pair_at(value);
    }
    return difference;
}

CST_INLINE bool cst_pair_is_zero(cst_pair pair)
{
    return (pair[0] | pair[1]) == 0;
}

/** True when the trail's callers are as they were, none of which are paired. */
CST_INLINE bool cst_stack_trail_has_callers(const struct cst_stack_trail *trail, uintptr_t frame)
{
    return cst_pair_is_zero(cst_stack_trail_differ_callers(trail, frame, 0));
}

/** True when the trail's bases are as they were, none of which are paired. */
CST_INLINE bool cst_stack_trail_has_bases(const struct cst_stack_trail *trail, uintptr_t frame)
{
    return cst_pair_is_zero(cst_stack_trail_differ_bases(trail, frame));
}

/** True when the words of the stack are those of the trail. */
CST_INLINE bool cst_stack_trail_holds(const struct cst_stack_trail *trail, uintptr_t frame)
{
    return cst_pair_is_zero(cst_stack_trail_differ_paired(trail, frame) |
                            cst_stack_trail_differ_callers(trail, frame, trail->paired) |
                            cst_stack_trail_differ_bases(trail, frame));
}

CST_INLINE uint64_t cst_stack_sum(uint64_t sum, uintptr_t frame, uint32_t slot)
{
    return (sum << 13 | sum >> 51) + cst_stack_word(frame + slot);
}

/** A sum of what lies where the trail has its callers; `frame` is one that it fits. */
CST_INLINE uint64_t cst_stack_trail_sum(const struct cst_stack_trail *trail, uintptr_t frame)
{
    uint64_t sum = 0;
    for (size_t i = trail->callers; i > 0; i -= CST_STACK_GROUP) {
        CST_OPAQUE(i);
        sum = cst_stack_sum(sum, frame, trail->slots[i - 1]);
        sum = cst_stack_sum(sum, frame, trail->slots[i - 2]);
        sum = cst_stack_sum(sum, frame, trail->slots[i - 3]);
        sum = cst_stack_sum(sum, frame, trail->slots[i - 4]);
    }
    return sum;
}

/** The trail of a walk from `frame` that found `stack` (not 0): one that there is, or a new one. NULL when the walk is the
 * first to find it, as most stacks are found once; when it rested on more than a trail holds; when the stack has many trails
 * already, or numbers or memory run short. */
CST_MUST_USE const struct cst_stack_trail *cst_stack_trail_of(uint32_t stack, const struct cst_stack_trace *trace,
                                                              uintptr_t frame);

#endif
