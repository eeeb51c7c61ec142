/* The stack of a call, mostly without walking: it is likely the one that was found last time from the same return address
 * and frame. A guess names a trail (stack_trail.h): a stored stack, and the words of the thread's stack that a walk which
 * found it rested on. The guess is right if those words are as they were then. They are read at known places, one not
 * waiting for another, which costs a fraction of a walk; and what is found that way is what a walk would find. */
#include "site/frame_table.h"
#include "site/stack_trail.h"

#include <stdatomic.h>

#define SET_BITS 13
#define WAYS 4

/* Guesses for one return address and frame are a set, the last right one first. Several ways may lead there: through a
 * function that allocates for all others, say. Threads that change a set at a time may lose a guess. */
static _Atomic(const struct cst_stack_trail *) guesses[WAYS][(size_t)1 << SET_BITS];

CST_INLINE size_t set_of(uintptr_t first, uintptr_t frame)
{
    uint64_t hash = ((uint64_t)first + ((uint64_t)frame << 20)) * UINT64_C(0x9e3779b97f4a7c15);
    return hash >> (64 - SET_BITS);
}

CST_INLINE const struct cst_stack_trail *guess_at(size_t set, size_t way)
{
    return atomic_load_explicit(&guesses[way][set], memory_order_acquire);
}

CST_INLINE bool is_right(const struct cst_stack_trail *guess, uintptr_t first, uintptr_t frame,
                         const struct cst_stack_bounds *bounds, size_t max)
{
    return CST_LIKELY(guess != NULL) && cst_stack_trail_fits(guess, frame, bounds, max) &&
           cst_stack_trail_holds(guess, first, frame);
}

/* Puts a guess first, in the place of the one at `way`; those before that move back, as far as there are any. */
static void put_first(size_t set, const struct cst_stack_trail *guess, size_t way)
{
    for (size_t i = 0; i <= way && guess; i++) {
        guess = atomic_exchange_explicit(&guesses[i][set], guess, memory_order_acq_rel);
    }
}

static CST_NOINLINE uint32_t walk_and_store(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                            size_t max)
{
    struct cst_stack_trace trace;
    cst_stack_trace(first, frame, bounds, max, &trace);
    uint32_t stack = cst_stack_store(trace.frames, trace.count);
    const struct cst_stack_trail *trail = stack ? cst_stack_trail_of(stack, &trace, frame) : NULL;
    if (trail) {
        put_first(set_of(first, frame), trail, WAYS - 1);
    }
    return stack;
}

/* The first guess was wrong, or the frame is on another stack, where there may be little room: a walk takes two
 * kilobytes. */
static CST_NOINLINE uint32_t get_slow(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                      size_t max)
{
    if (!cst_stack_starts(bounds, frame)) {
        return cst_stack_store(&first, 1);
    }
    const size_t set = set_of(first, frame);
    for (size_t way = 1; way < WAYS; way++) {
        const struct cst_stack_trail *guess = guess_at(set, way);
        if (is_right(guess, first, frame, bounds, max)) {
            put_first(set, guess, way);
            return guess->stack;
        }
    }
    return walk_and_store(first, frame, bounds, max);
}

uint32_t cst_stack_get(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max)
{
    const struct cst_stack_trail *guess = guess_at(set_of(first, frame), 0);
    bool is_inside = bounds->hi - frame <= bounds->hi - bounds->lo && frame % sizeof(uintptr_t) == 0;
    if (CST_LIKELY(is_inside && is_right(guess, first, frame, bounds, max))) {
        return guess->stack;
    }
    return get_slow(first, frame, bounds, max);
}

void cst_stack_forget(uintptr_t lo, uintptr_t hi)
{
    cst_frame_forget(lo, hi);
    for (size_t way = 0; way < WAYS; way++) {
        for (size_t set = 0; set < (size_t)1 << SET_BITS; set++) {
            atomic_store_explicit(&guesses[way][set], NULL, memory_order_relaxed);
        }
    }
}
