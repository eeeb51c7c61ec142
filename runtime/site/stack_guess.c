/* The stack of a call, mostly without walking: it is likely the one that was found last time from the same return address
 * and frame. A guess names a trail (stack_trail.h): a stored stack, and the words of the thread's stack that a walk which
 * found it rested on. The guess is right if those words are as they were then. They are read at known places, one not
 * waiting for another, which costs a fraction of a walk; and what is found that way is what a walk would find. */
#include "site/frame_table.h"
#include "site/stack_trail.h"

#include <stdatomic.h>

#define GUESS_BITS 14

static _Atomic(const struct cst_stack_trail *) guesses[(size_t)1 << GUESS_BITS];

CST_INLINE _Atomic(const struct cst_stack_trail *) *guess_of(uintptr_t first, uintptr_t frame)
{
    uint64_t hash = ((uint64_t)first + ((uint64_t)frame << 20)) * UINT64_C(0x9e3779b97f4a7c15);
    return &guesses[hash >> (64 - GUESS_BITS)];
}

static CST_NOINLINE uint32_t walk_and_store(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                            size_t max)
{
    struct cst_stack_trace trace;
    cst_stack_trace(first, frame, bounds, max, &trace);
    uint32_t stack = cst_stack_store(trace.frames, trace.count);
    atomic_store_explicit(guess_of(first, frame), stack ? cst_stack_trail_of(stack, &trace, frame) : NULL,
                          memory_order_release);
    return stack;
}

/* Not in one function with the walk: what is on another stack may have little of it. */
static CST_NOINLINE uint32_t get_slow(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                      size_t max)
{
    return cst_stack_starts(bounds, frame) ? walk_and_store(first, frame, bounds, max) : cst_stack_store(&first, 1);
}

uint32_t cst_stack_get(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max)
{
    const struct cst_stack_trail *guess = atomic_load_explicit(guess_of(first, frame), memory_order_acquire);
    bool is_inside = bounds->hi - frame <= bounds->hi - bounds->lo && frame % sizeof(uintptr_t) == 0;
    if (CST_LIKELY(guess && is_inside && cst_stack_trail_fits(guess, frame, bounds, max) &&
                   cst_stack_trail_holds(guess, first, frame))) {
        return guess->stack;
    }
    return get_slow(first, frame, bounds, max);
}

void cst_stack_forget(uintptr_t lo, uintptr_t hi)
{
    cst_frame_forget(lo, hi);
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        atomic_store_explicit(&guesses[i], NULL, memory_order_relaxed);
    }
}
