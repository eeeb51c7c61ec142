/* The stacks of threads: see stacks.h. A place is taken by its `hi` and complete once `lo` is set. */
#include "core/stacks.h"

#include <stdatomic.h>

static struct {
    _Atomic uintptr_t lo, hi; /* hi 0: free; lo 0: being filled */
} places[CST_STACKS_MAX];

unsigned cst_stacks_add(const struct cst_stack_bounds *bounds)
{
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

void cst_stacks_clear(void)
{
    for (unsigned place = 0; place < CST_STACKS_MAX; place++)
        cst_stacks_remove(place);
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
