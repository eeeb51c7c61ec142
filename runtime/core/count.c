/* Counters per side: see count.h. Threads' arrays are kept in one list for ever and handed from ended threads to new
 * ones, so the sums need no merging when a thread ends. */
#include "core/count.h"

#include "base/lock.h"
#include "base/pool.h"

#include <stdatomic.h>

struct counts {
    struct cst_count of_side[CST_SIDE_MAX];
    struct counts *next;
    bool in_use;
};

struct cst_bytes cst_count_bytes[CST_SIDE_MAX];
CST_THREAD_LOCAL struct cst_thread cst_thread;

static struct cst_lock lock = CST_LOCK_INIT;
/* Used by threads that ended already, or that memory ran out for: counts made at the same moment may get lost. */
static struct counts shared = {.in_use = true};
static struct counts *first = &shared;

static struct counts *take_idle(void)
{
    for (struct counts *counts = first; counts; counts = counts->next)
        if (!counts->in_use)
            return counts;
    struct counts *fresh = cst_pool_alloc(sizeof *fresh);
    if (fresh) {
        fresh->next = first;
        first = fresh;
    }
    return fresh;
}

struct cst_count *cst_count_acquire(bool ended)
{
    if (ended)
        return shared.of_side;
    cst_lock_acquire(&lock);
    struct counts *counts = take_idle();
    if (counts)
        counts->in_use = true;
    cst_lock_release(&lock);
    return counts ? counts->of_side : shared.of_side;
}

void cst_count_give_back(struct cst_count *counts)
{
    struct counts *all = (struct counts *)counts;
    if (all == &shared)
        return;
    cst_lock_acquire(&lock);
    all->in_use = false;
    cst_lock_release(&lock);
}

void cst_count_flush(uint16_t side)
{
    struct cst_count *count = &cst_thread.counts[side];
    struct cst_bytes *total = &cst_count_bytes[side];
    int64_t before = atomic_fetch_add_explicit(&total->live, count->pending, memory_order_relaxed);
    int64_t reached = before + count->high;
    count->pending = 0;
    count->high = 0;
    int64_t peak = atomic_load_explicit(&total->peak, memory_order_relaxed);
    while (reached > peak && !atomic_compare_exchange_weak(&total->peak, &peak, reached))
        ;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct cst_count_total cst_count_sum(uint16_t side)
{
    struct cst_count_total total = {0};
    int64_t flushed = atomic_load(&cst_count_bytes[side].live);
    int64_t peak = atomic_load(&cst_count_bytes[side].peak), live = flushed;
    cst_lock_acquire(&lock);
    for (const struct counts *counts = first; counts; counts = counts->next) {
        const struct cst_count *count = &counts->of_side[side];
        total.allocs += __atomic_load_n(&count->allocs, __ATOMIC_RELAXED);
        total.frees += __atomic_load_n(&count->frees, __ATOMIC_RELAXED);
        live += __atomic_load_n(&count->pending, __ATOMIC_RELAXED);
        peak = larger(peak, flushed + __atomic_load_n(&count->high, __ATOMIC_RELAXED));
    }
    cst_lock_release(&lock);
    total.live_bytes = (uint64_t)larger(live, 0);
    total.peak_bytes = (uint64_t)larger(peak, larger(live, 0));
    return total;
}

void cst_count_after_fork(void)
{
    cst_lock_reset(&lock);
}
