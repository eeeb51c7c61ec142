/* The stack of a call, mostly without walking: it is likely the one that was found last time from the same return address
 * and frame. A guess names a trail (stack_trail.h): a stored stack, and the words of the thread's stack that a walk which
 * found it rested on. The guess is right if those words are as they were then. They are read at known places, one not
 * waiting for another, which costs a fraction of a walk; and what is found that way is what a walk would find. */
#include "site/frame_table.h"
#include "site/stack_trail.h"

#include <stdatomic.h>

#define PLACE_BITS 13
#define WAY_BITS 15

typedef _Atomic(const struct cst_stack_trail *) guess_slot;

/* The last right guess for each place: a return address and a frame. Threads that change one at a time may lose a guess. */
static guess_slot last_of_place[(size_t)1 << PLACE_BITS];

/* Several ways may lead to a place: through a function that allocates for all others, say. So guesses are also kept by
 * what lies where the last one for their place, which was wrong, has its return addresses. Mostly they are laid out alike
 * up to where they part, and often beyond; where not, nothing is found, or what is found does not hold. */
static guess_slot by_way[(size_t)1 << WAY_BITS];

CST_INLINE uint64_t mix(uintptr_t first, uintptr_t frame)
{
    return ((uint64_t)first + ((uint64_t)frame << 20)) * UINT64_C(0x9e3779b97f4a7c15);
}

CST_INLINE guess_slot *place_of(uintptr_t first, uintptr_t frame)
{
    return &last_of_place[mix(first, frame) >> (64 - PLACE_BITS)];
}

/* `last` must not reach beyond the end of the stack. */
static guess_slot *way_of(const struct cst_stack_trail *last, uintptr_t first, uintptr_t frame)
{
    uint64_t hash = mix(first, frame) ^ cst_stack_trail_sum(last, frame);
    return &by_way[(hash ^ hash >> 32) * UINT64_C(0x94d049bb133111eb) >> (64 - WAY_BITS)];
}

CST_INLINE const struct cst_stack_trail *guess_at(guess_slot *slot)
{
    return atomic_load_explicit(slot, memory_order_acquire);
}

static void put(guess_slot *slot, const struct cst_stack_trail *guess)
{
    atomic_store_explicit(slot, guess, memory_order_release);
}

/* True when the guess is of a walk from `first` that read no slot which ends more than `room` bytes above its frame. */
CST_INLINE bool fits(const struct cst_stack_trail *guess, uintptr_t first, size_t room)
{
    return CST_LIKELY(guess != NULL) && guess->reach <= room && guess->record->frames[0] == first;
}

static CST_NOINLINE uint32_t walk_and_store(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                            size_t max, guess_slot *way)
{
    struct cst_stack_trace trace;
    cst_stack_trace(first, frame, bounds, max, &trace);
    uint32_t stack = cst_stack_store(trace.frames, trace.count);
    const struct cst_stack_trail *trail = stack ? cst_stack_trail_of(stack, &trace, frame) : NULL;
    if (trail) {
        put(place_of(first, frame), trail);
        put(way ? way : way_of(trail, first, frame), trail);
    }
    return stack;
}

/* The last guess for the place was wrong: the stack of the last one that came the same way, or of a walk. */
static CST_NOINLINE uint32_t get_by_way(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                        size_t max)
{
    guess_slot *place = place_of(first, frame), *way = NULL;
    const struct cst_stack_trail *last = guess_at(place);
    const size_t room = bounds->hi - frame;
    if (last && last->reach <= room) {
        way = way_of(last, first, frame);
        const struct cst_stack_trail *guess = guess_at(way);
        if (fits(guess, first, room) && guess->max == max && cst_stack_trail_holds(guess, frame)) {
            put(place, guess);
            return guess->stack;
        }
    }
    return walk_and_store(first, frame, bounds, max, way);
}

/* There is no guess, or the frame is on another stack than the thread's, where there may be little room: a walk takes two
 * kilobytes. */
static CST_NOINLINE uint32_t get_slow(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                      size_t max)
{
    return cst_stack_starts(bounds, frame) ? get_by_way(first, frame, bounds, max) : cst_stack_store(&first, 1);
}

/* The callers of the last guess for the place are as they were. */
static CST_NOINLINE uint32_t get_with_bases(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                            size_t max, const struct cst_stack_trail *guess)
{
    return CST_LIKELY(cst_stack_trail_has_bases(guess, frame)) ? guess->stack : get_by_way(first, frame, bounds, max);
}

/* The last guess for the place fits, and has paired callers, or is of a walk of another number of frames. */
static CST_NOINLINE uint32_t get_paired(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                        size_t max, const struct cst_stack_trail *guess)
{
    bool is_right = CST_LIKELY(guess->max == max) && cst_stack_trail_holds(guess, frame);
    return CST_LIKELY(is_right) ? guess->stack : get_by_way(first, frame, bounds, max);
}

/* Each way out is a call in the place of the last step, so that nothing need be kept meanwhile. */
uint32_t cst_stack_get(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max)
{
    const struct cst_stack_trail *guess = guess_at(place_of(first, frame));
    const size_t room = bounds->hi - frame;
    if (CST_UNLIKELY(room > bounds->hi - bounds->lo || frame % sizeof(uintptr_t) != 0 || !fits(guess, first, room))) {
        return get_slow(first, frame, bounds, max);
    }
    if (CST_UNLIKELY(guess->unpaired_max != max)) {
        return get_paired(first, frame, bounds, max, guess);
    }
    if (CST_UNLIKELY(!cst_stack_trail_has_callers(guess, frame))) {
        return get_by_way(first, frame, bounds, max);
    }
    return CST_LIKELY(guess->bases == 0) ? guess->stack : get_with_bases(first, frame, bounds, max, guess);
}

/* What was never used is not written to: its pages need not be there. */
static void clear(guess_slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (atomic_load_explicit(&slots[i], memory_order_relaxed) != NULL) {
            atomic_store_explicit(&slots[i], NULL, memory_order_relaxed);
        }
    }
}

void cst_stack_forget(uintptr_t lo, uintptr_t hi)
{
    cst_frame_forget(lo, hi);
    clear(last_of_place, (size_t)1 << PLACE_BITS);
    clear(by_way, (size_t)1 << WAY_BITS);
}
