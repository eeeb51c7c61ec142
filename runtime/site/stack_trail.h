/* Trails: what a walk rested on (stack_trace.h), kept beside the stack that it found in a form that is compared quickly. Few
 * instructions are to compare many words: a base right below a return address, as functions with a frame pointer leave
 * them, is compared together with it; and all go by twos, the last of an odd number twice. Used by stack_guess.c only. */
#ifndef CST_SITE_STACK_TRAIL_H
#define CST_SITE_STACK_TRAIL_H

#include "site/stack_place.h"
#include "site/stack_trace.h"

/** Two words of the stack, read and compared as one. */
typedef uintptr_t cst_pair __attribute__((vector_size(16)));
typedef uintptr_t cst_unaligned_pair __attribute__((vector_size(16), aligned(8)));

/** Takes whole units of the store. Its parts lie behind it, at the offsets in bytes that it names. Slots and values are in
 * bytes above the frame that the walk started from. Nothing changes once it is hung on its stack. */
struct cst_stack_trail {
    uint32_t stack;
    uint32_t next;                       /**< unit of the next trail of the same stack; 0 for none */
    uint32_t reach;                      /**< end of the highest slot */
    uint8_t count;                       /**< frames of the stack */
    uint8_t slack;                       /**< how many more walks may ask for that find no more */
    uint16_t pairs, returns, bases, end; /**< begin after the slots; each part ends where the next begins */
    uint16_t return_slots;
    uintptr_t first;  /**< the first return address, which is in no slot */
    uint32_t slots[]; /**< of the pairs, then, at `return_slots`, of the returns */
};

/* Parts: `pairs` are values of bases with the return addresses above them; `returns` are other return addresses; `bases`
 * are slots and values of other bases. */
struct cst_stack_trail_base {
    uint32_t slot, value;
};

/** True when a walk from `frame`, which lies in the thread's stack, of at most `max` frames would read no slot beyond the
 * end of the stack, and go neither further nor less far. */
CST_INLINE bool cst_stack_trail_fits(const struct cst_stack_trail *trail, uintptr_t frame,
                                     const struct cst_stack_bounds *bounds, size_t max)
{
    return max - trail->count <= trail->slack && trail->reach <= bounds->hi - frame;
}

/** What lies `offset` bytes into the trail. */
CST_INLINE const void *cst_stack_trail_part(const struct cst_stack_trail *trail, size_t offset)
{
    return (const unsigned char *)trail + offset;
}

/* Each of these gives 0 when the words of the stack are those of the trail's part, and else something of them. */

CST_INLINE uintptr_t cst_stack_trail_differ_pairs(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const cst_pair origin = {frame, 0};
    const cst_pair *expected = cst_stack_trail_part(trail, trail->pairs);
    const cst_pair *end = cst_stack_trail_part(trail, trail->returns);
    cst_pair difference = {0, 0};
    for (const uint32_t *slot = trail->slots; expected < end; expected += 2, slot += 2) {
        difference |= (*(const cst_unaligned_pair *)(frame + slot[0]) - origin) ^ expected[0];
        difference |= (*(const cst_unaligned_pair *)(frame + slot[1]) - origin) ^ expected[1];
    }
    return difference[0] | difference[1];
}

CST_INLINE uintptr_t cst_stack_trail_differ_returns(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const uint32_t *slot = cst_stack_trail_part(trail, trail->return_slots);
    const uintptr_t *end = cst_stack_trail_part(trail, trail->bases);
    uintptr_t difference = 0;
    for (const uintptr_t *expected = cst_stack_trail_part(trail, trail->returns); expected < end;
         expected += 2, slot += 2) {
        difference |= cst_stack_word(frame + slot[0]) ^ expected[0];
        difference |= cst_stack_word(frame + slot[1]) ^ expected[1];
    }
    return difference;
}

CST_INLINE uintptr_t cst_stack_trail_differ_bases(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const struct cst_stack_trail_base *end = cst_stack_trail_part(trail, trail->end);
    uintptr_t difference = 0;
    for (const struct cst_stack_trail_base *base = cst_stack_trail_part(trail, trail->bases); base < end; base++) {
        difference |= cst_stack_word(frame + base->slot) ^ (frame + base->value);
    }
    return difference;
}

/** True when the words of the stack are those of the trail. */
CST_INLINE bool cst_stack_trail_holds(const struct cst_stack_trail *trail, uintptr_t first, uintptr_t frame)
{
    return ((first ^ trail->first) | cst_stack_trail_differ_pairs(trail, frame) |
            cst_stack_trail_differ_returns(trail, frame) | cst_stack_trail_differ_bases(trail, frame)) == 0;
}

/** A sum of what lies where the trail has its return addresses; `frame` is one that it fits. */
CST_INLINE uint64_t cst_stack_trail_sum_returns(const struct cst_stack_trail *trail, uintptr_t frame)
{
    const uint32_t *returns = cst_stack_trail_part(trail, trail->return_slots);
    const uint32_t *end = returns + (trail->bases - trail->returns) / sizeof(uintptr_t);
    uint64_t sum = 0, factor = UINT64_C(0x9e3779b97f4a7c15);
    for (const uint32_t *slot = trail->slots; slot < returns; slot++, factor += UINT64_C(0xbf58476d1ce4e5b8) * 2) {
        sum += cst_stack_word(frame + *slot + sizeof(uintptr_t)) * factor;
    }
    for (const uint32_t *slot = returns; slot < end; slot++, factor += UINT64_C(0xbf58476d1ce4e5b8) * 2) {
        sum += cst_stack_word(frame + *slot) * factor;
    }
    return sum;
}

/** The trail of a walk from `frame` that found `stack` (not 0): one that there is, or a new one. NULL when the walk is the
 * first to find it, as most stacks are found once; when it rested on more than a trail holds; when the stack has many trails
 * already, or numbers or memory run short. */
CST_MUST_USE const struct cst_stack_trail *cst_stack_trail_of(uint32_t stack, const struct cst_stack_trace *trace,
                                                              uintptr_t frame);

#endif
