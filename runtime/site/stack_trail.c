/* The making of trails; see the header. */
#include "site/stack_trail.h"

#include "site/stack_record.h"

#include <string.h>

#define WORD (sizeof(uintptr_t))

/* Trails that one stack may have. Several come of frames whose size varies (alloca, alignment of the stack). A stack that
 * has more is walked to each time. */
#define TRAILS_MAX 8

/* How many entries of each kind there are in a trace. */
struct numbers {
    size_t pairs, returns;
};

static bool is_pair(const struct cst_stack_trace *trace, size_t frame)
{
    return trace->values[frame] != 0;
}

static struct numbers count(const struct cst_stack_trace *trace)
{
    struct numbers numbers = {0, 0};
    for (size_t i = 1; i < trace->count; i++) {
        size_t *number = is_pair(trace, i) ? &numbers.pairs : &numbers.returns;
        *number += 1;
    }
    return numbers;
}

static size_t even(size_t number)
{
    return (number + 1) / 2 * 2;
}

/* The head of a trail, with the places of its parts. */
static void plan(uint32_t stack, const struct cst_stack_trace *trace, struct numbers numbers,
                 struct cst_stack_trail *out_head)
{
    *out_head = (struct cst_stack_trail){
        .stack = stack,
        .reach = (uint32_t)((trace->slots[trace->count - 1] + 1) * WORD),
        .count = (uint8_t)trace->count,
        .slack = (uint8_t)(trace->ended ? CST_STACK_FRAMES_MAX - trace->count : 0),
        .first = trace->frames[0],
    };
    const size_t slots = sizeof *out_head + (even(numbers.pairs) + even(numbers.returns)) * sizeof *out_head->slots;
    const size_t pairs = (slots + sizeof(cst_pair) - 1) / sizeof(cst_pair) * sizeof(cst_pair);
    const size_t returns = pairs + even(numbers.pairs) * sizeof(cst_pair);
    const size_t bases = returns + even(numbers.returns) * WORD;
    out_head->return_slots = (uint16_t)(sizeof *out_head + even(numbers.pairs) * sizeof *out_head->slots);
    out_head->pairs = (uint16_t)pairs;
    out_head->returns = (uint16_t)returns;
    out_head->bases = (uint16_t)bases;
    out_head->end = (uint16_t)(bases + trace->base_count * sizeof(struct cst_stack_trail_base));
}

static uint32_t bytes_of(uint32_t words)
{
    return (uint32_t)(words * WORD);
}

static void fill_pairs(struct cst_stack_trail *trail, const struct cst_stack_trace *trace, size_t pairs)
{
    cst_pair *expected = (cst_pair *)((unsigned char *)trail + trail->pairs);
    uint32_t *slots = trail->slots;
    for (size_t i = 1; i < trace->count; i++) {
        if (is_pair(trace, i)) {
            *expected++ = (cst_pair){bytes_of(trace->values[i]), trace->frames[i]};
            *slots++ = bytes_of(trace->slots[i] - 1);
        }
    }
    if (pairs % 2) {
        *expected = expected[-1];
        *slots = slots[-1];
    }
}

static void fill_returns(struct cst_stack_trail *trail, const struct cst_stack_trace *trace, struct numbers numbers)
{
    uintptr_t *expected = (uintptr_t *)((unsigned char *)trail + trail->returns);
    uint32_t *slots = trail->slots + even(numbers.pairs);
    for (size_t i = 1; i < trace->count; i++) {
        if (!is_pair(trace, i)) {
            *expected++ = trace->frames[i];
            *slots++ = bytes_of(trace->slots[i]);
        }
    }
    if (numbers.returns % 2) {
        *expected = expected[-1];
        *slots = slots[-1];
    }
}

static void fill_bases(struct cst_stack_trail *trail, const struct cst_stack_trace *trace)
{
    struct cst_stack_trail_base *bases = (struct cst_stack_trail_base *)((unsigned char *)trail + trail->bases);
    for (size_t i = 0; i < trace->base_count; i++) {
        const struct cst_stack_base *base = &trace->bases[i];
        bases[i] = (struct cst_stack_trail_base){bytes_of(base->slot), bytes_of(base->value)};
    }
}

/* For all to see. */
static void hang(struct cst_stack_trail *trail, uint32_t id)
{
    _Atomic uint32_t *trails = &cst_stack_record(trail->stack)->trails;
    trail->next = atomic_load_explicit(trails, memory_order_relaxed);
    while (
        !atomic_compare_exchange_weak_explicit(trails, &trail->next, id, memory_order_release, memory_order_relaxed)) {
    }
}

static struct cst_stack_trail *make(uint32_t stack, const struct cst_stack_trace *trace)
{
    const struct numbers numbers = count(trace);
    struct cst_stack_trail head;
    plan(stack, trace, numbers, &head);
    const uint32_t id = cst_stack_units_low() ? 0 : cst_stack_units_take(head.end);
    if (id == 0) {
        return NULL;
    }
    struct cst_stack_trail *trail = cst_stack_unit(id);
    *trail = head;
    fill_pairs(trail, trace, numbers.pairs);
    fill_returns(trail, trace, numbers);
    fill_bases(trail, trace);
    hang(trail, id);
    return trail;
}

/* Same reach and the same words: then it is the trail of this walk, too. */
static bool is_of(const struct cst_stack_trail *trail, const struct cst_stack_trace *trace, uintptr_t frame)
{
    return trail->reach == bytes_of(trace->slots[trace->count - 1] + 1) && (trail->slack != 0) == trace->ended &&
           cst_stack_trail_holds(trail, trace->frames[0], frame);
}

const struct cst_stack_trail *cst_stack_trail_of(uint32_t stack, const struct cst_stack_trace *trace, uintptr_t frame)
{
    struct cst_stack_record *record = cst_stack_record(stack);
    if (!trace->whole || atomic_exchange_explicit(&record->walks, 1, memory_order_relaxed) == 0) {
        return NULL;
    }
    unsigned seen = 0;
    uint32_t id = atomic_load_explicit(&record->trails, memory_order_acquire);
    for (; id; seen++) {
        const struct cst_stack_trail *trail = cst_stack_unit(id);
        if (is_of(trail, trace, frame)) {
            return trail;
        }
        id = trail->next;
    }
    return seen < TRAILS_MAX ? make(stack, trace) : NULL;
}
