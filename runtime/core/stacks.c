/* The stacks of threads: see stacks.h. A place is taken by its `hi` and complete once `lo` is set. */
#include "core/stacks.h"

#include <stdatomic.h>

static struct {
    _Atomic uintptr_t lo, hi; /* hi 0: free; lo 0: being filled */
} places[CST_STACKS_MAX];

/* The ends of threads, in turn; the oldest is overwritten. Incomplete while `hi` is 0. */
static struct {
    _Atomic uintptr_t lo, hi;
} ended[CST_STACKS_ENDED_MAX];
static _Atomic unsigned ended_count;

/* Where stacks that were left are in use from; 0: free. */
static _Atomic uintptr_t left[CST_STACKS_LEFT_MAX];

/* A stack that is in use again is no dead one. */
static void forget_ended(const struct cst_stack_bounds *bounds)
{
    unsigned count = atomic_load(&ended_count);
    for (unsigned i = 0; i < CST_STACKS_ENDED_MAX && i < count; i++)
        if (atomic_load(&ended[i].hi) - bounds->lo < bounds->hi - bounds->lo)
            atomic_store(&ended[i].hi, 0);
}

unsigned cst_stacks_add(const struct cst_stack_bounds *bounds)
{
    forget_ended(bounds);
    for (unsigned place = 0; bounds->lo && place < CST_STACKS_MAX; place++) {
        uintptr_t vacant = 0;
        if (atomic_load_explicit(&places[place].hi, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&places[place].hi, &vacant, bounds->hi)) {
            atomic_store(&places[place].lo, bounds->lo);
            return place;
        }
    }
    return CST_STACKS_MAX;
}

void cst_stacks_remove(unsigned place)
{
    if (place >= CST_STACKS_MAX)
        return;
    atomic_store(&places[place].lo, 0);
    atomic_store(&places[place].hi, 0);
}

static void note_end(uintptr_t lo, uintptr_t control_block)
{
    unsigned turn = atomic_fetch_add(&ended_count, 1) % CST_STACKS_ENDED_MAX;
    atomic_store(&ended[turn].hi, 0);
    atomic_store(&ended[turn].lo, lo);
    atomic_store(&ended[turn].hi, control_block);
}

void cst_stacks_end(unsigned place, uintptr_t control_block)
{
    if (place >= CST_STACKS_MAX)
        return;
    uintptr_t lo = atomic_load(&places[place].lo), hi = atomic_load(&places[place].hi);
    if (lo <= control_block && control_block < hi)
        note_end(lo, control_block);
    cst_stacks_remove(place);
}

bool cst_stacks_ended(unsigned index, struct cst_stack_bounds *out_stack)
{
    if (index >= CST_STACKS_ENDED_MAX || index >= atomic_load(&ended_count))
        return false;
    *out_stack = (struct cst_stack_bounds){.lo = atomic_load(&ended[index].lo), .hi = atomic_load(&ended[index].hi)};
    return true;
}

unsigned cst_stacks_leave(uintptr_t stack_pointer)
{
    unsigned place = 0;
    for (uintptr_t vacant = 0;
         place < CST_STACKS_LEFT_MAX && !atomic_compare_exchange_strong(&left[place], &vacant, stack_pointer);
         vacant = 0)
        place++;
    return place;
}

void cst_stacks_come_back(unsigned place)
{
    if (place < CST_STACKS_LEFT_MAX)
        atomic_store(&left[place], 0);
}

uintptr_t cst_stacks_left(unsigned place)
{
    return atomic_load(&left[place]);
}

void cst_stacks_clear(void)
{
    for (unsigned place = 0; place < CST_STACKS_MAX; place++)
        cst_stacks_remove(place);
    for (unsigned place = 0; place < CST_STACKS_LEFT_MAX; place++)
        cst_stacks_come_back(place);
}

bool cst_stacks_find(uintptr_t address, struct cst_stack_bounds *out_stack)
{
    for (unsigned place = 0; place < CST_STACKS_MAX; place++) {
        uintptr_t hi = atomic_load(&places[place].hi), lo = atomic_load(&places[place].lo);
        if (lo && lo <= address && address < hi) {
            *out_stack = (struct cst_stack_bounds){.lo = lo, .hi = hi};
            return true;
        }
    }
    return false;
}
