/* The making of trails; see the header. */
#include "site/stack_trail.h"

#define WORD (sizeof(uintptr_t))

/* Trails that one stack may have. Several come of frames whose size varies (alloca, alignment of the stack). A stack that
 * has more is walked to each time. */
#define TRAILS_MAX 8

static uint32_t reach_of(const struct cst_stack_trace *trace)
{
    return trace->slots[trace->count - 1] + (uint32_t)WORD;
}

/* The base right below where frame number `frame` was read; NULL for none. */
static const struct cst_stack_base *base_below(const struct cst_stack_trace *trace, size_t frame)
{
    for (size_t i = 0; i < trace->base_count; i++) {
        if (trace->bases[i].slot + WORD == trace->slots[frame]) {
            return &trace->bases[i];
        }
    }
    return NULL;
}

/* Callers in whole groups, from the first one on, that have a base below each. */
static size_t count_paired(const struct cst_stack_trace *trace)
{
    size_t frame = 1;
    while (frame < trace->count && base_below(trace, frame)) {
        frame++;
    }
    return (frame - 1) / CST_STACK_GROUP * CST_STACK_GROUP;
}

static size_t round_up(size_t size, size_t step)
{
    return (size + step - 1) / step * step;
}

/* The head of a trail. */
static void plan(uint32_t stack, const struct cst_stack_trace *trace, struct cst_stack_trail *out_head)
{
    const size_t callers = cst_stack_filled(trace->count), paired = count_paired(trace);
    const size_t bases = round_up(trace->base_count - paired, 2);
    const size_t slots = sizeof *out_head + (callers + bases) * sizeof *out_head->slots;
    *out_head = (struct cst_stack_trail){
        .record = cst_stack_record(stack),
        .stack = stack,
        .reach = reach_of(trace),
        .max = (uint8_t)trace->max,
        .unpaired_max = (uint8_t)(paired ? 0 : trace->max),
        .paired = (uint8_t)paired,
        .callers = (uint8_t)callers,
        .bases = (uint8_t)bases,
        .values = (uint16_t)round_up(slots, sizeof(cst_pair)),
    };
}

static size_t size_of(const struct cst_stack_trail *head)
{
    return head->values + (size_t)(2 * head->paired + head->bases) * WORD;
}

static void fill_callers(struct cst_stack_trail *trail, const struct cst_stack_trace *trace)
{
    for (size_t i = 0; i < trail->callers; i++) {
        trail->slots[i] = trace->slots[i + 1 < trace->count ? i + 1 : trace->count - 1];
    }
}

static bool is_paired(const struct cst_stack_trail *trail, const struct cst_stack_base *base)
{
    for (size_t i = 0; i < trail->paired; i++) {
        if (base->slot + WORD == trail->slots[i]) {
            return true;
        }
    }
    return false;
}

static void fill_bases(struct cst_stack_trail *trail, const struct cst_stack_trace *trace)
{
    uintptr_t *value = (uintptr_t *)((unsigned char *)trail + trail->values);
    for (size_t frame = trail->paired; frame > 0; frame--) {
        *value++ = base_below(trace, frame)->value;
        *value++ = trace->frames[frame];
    }
    uint32_t *slot = trail->slots + trail->callers;
    for (size_t i = 0; i < trace->base_count; i++) {
        if (!is_paired(trail, &trace->bases[i])) {
            *slot++ = trace->bases[i].slot;
            *value++ = trace->bases[i].value;
        }
    }
    if (slot < trail->slots + trail->callers + trail->bases) {
        *slot = slot[-1];
        *value = value[-1];
    }
}

/* For all to see. */
static void hang(struct cst_stack_trail *trail, struct cst_stack_record *record)
{
    trail->next = atomic_load_explicit(&record->trails, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&record->trails, &trail->next, trail, memory_order_release,
                                                  memory_order_relaxed)) {
    }
}

static const struct cst_stack_trail *make(uint32_t stack, const struct cst_stack_trace *trace)
{
    struct cst_stack_trail head;
    plan(stack, trace, &head);
    const uint32_t id = cst_stack_units_low() ? 0 : cst_stack_units_take(size_of(&head));
    if (id == 0) {
        return NULL;
    }
    struct cst_stack_trail *trail = cst_stack_unit(id);
    *trail = head;
    fill_callers(trail, trace);
    fill_bases(trail, trace);
    hang(trail, cst_stack_record(stack));
    return trail;
}

/* From the same first frame, as many frames, the same reach and the same words: then it is the trail of this walk, too. */
static bool is_of(const struct cst_stack_trail *trail, const struct cst_stack_trace *trace, uintptr_t frame)
{
    return trail->max == trace->max && trail->reach == reach_of(trace) && cst_stack_trail_holds(trail, frame);
}

const struct cst_stack_trail *cst_stack_trail_of(uint32_t stack, const struct cst_stack_trace *trace, uintptr_t frame)
{
    struct cst_stack_record *record = cst_stack_record(stack);
    if (!trace->whole || !atomic_exchange_explicit(&record->is_walked, true, memory_order_relaxed)) {
        return NULL;
    }
    unsigned seen = 0;
    const struct cst_stack_trail *trail = atomic_load_explicit(&record->trails, memory_order_acquire);
    for (; trail; seen++, trail = trail->next) {
        if (is_of(trail, trace, frame)) {
            return trail;
        }
    }
    return seen < TRAILS_MAX ? make(stack, trace) : NULL;
}
