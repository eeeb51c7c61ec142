/* Counters per side: see count.h. Threads' arrays are kept in one list for ever and handed from ended threads to new
 * ones, so the sums need no merging when a thread ends.
 *
 * The thread that a side usually has for itself is its `lone` one: its window begins at LONE_LOW, below all that can be, and
 * ends behind its peak, which it moves by itself. When a second thread comes, that window is closed; from then on there is no
 * lone thread. */
#include "core/count.h"

#include "base/lock.h"
#include "base/pool.h"

/* What is less than nothing: blocks made on one side may be released on behalf of another. */
#define LONE_LOW (UINT64_C(0) - (UINT64_C(1) << 62))

/* Of a thread among others. From its upper end to below its lower one it is the slack. */
#define WINDOW (CST_COUNT_SLACK - CST_COUNT_SMALL)

struct counts {
    struct cst_count of_side[CST_SIDE_MAX];
    struct counts *next;
    bool in_use;
};

/* One side over all threads. */
struct ledger {
    _Alignas(64) struct cst_lock lock; /* sides share no cache line */
    _Atomic(struct cst_count *) first;
    uint64_t peak_bytes;
    uint64_t peak_blocks; /* live when they were */
};

CST_THREAD_LOCAL struct cst_thread cst_thread;

static struct ledger ledgers[CST_SIDE_MAX];

static struct cst_lock lock = CST_LOCK_INIT;
/* Used by threads that ended already, or that memory ran out for. */
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

static uint64_t value_of(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_acquire);
}

static void set(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* What the calling thread has live. */
static int64_t live_bytes(const struct cst_count *count)
{
    return (int64_t)(value_of(&count->total) - value_of(&count->freed));
}

static int64_t live_blocks(const struct cst_count *count)
{
    return (int64_t)(0 - value_of(&count->allocs) - value_of(&count->frees));
}

static struct cst_count *first_of(const struct ledger *ledger)
{
    return atomic_load_explicit(&ledger->first, memory_order_acquire);
}

static struct cst_count *after(const struct cst_count *count)
{
    struct cst_count *next = atomic_load_explicit(&count->next, memory_order_acquire);
    return next == count ? NULL : next;
}

static bool is_lone(const struct cst_count *count)
{
    return value_of(&count->low) == LONE_LOW && value_of(&count->width) != 0;
}

/* The peak that a window of a lone thread ends behind, and the other way round. */
static int64_t peak_of_width(uint64_t width)
{
    return (int64_t)(width - 1 + LONE_LOW);
}

static uint64_t width_of_peak(int64_t peak)
{
    return (uint64_t)peak - LONE_LOW + 1;
}

/* What a lone thread does, without the lock. False when it is none, or is none any more. */
static bool raise_alone(struct cst_count *count)
{
    uint64_t width = value_of(&count->width);
    if (!is_lone(count) || width == 0)
        return false;
    int64_t live = live_bytes(count);
    if (live <= peak_of_width(width))
        return true;
    set(&count->peak_blocks, (uint64_t)live_blocks(count));
    return atomic_compare_exchange_strong(&count->width, &width, width_of_peak(live));
}

/* A second thread comes to the side: the lone one will look before its next release, and find itself among others. */
static void end_lone(struct ledger *ledger, struct cst_count *lone)
{
    uint64_t width = atomic_exchange(&lone->width, 0);
    if (value_of(&lone->low) != LONE_LOW || width == 0)
        return;
    ledger->peak_bytes = (uint64_t)peak_of_width(width);
    ledger->peak_blocks = value_of(&lone->peak_blocks);
}

/* A handler of a signal may come before any of these steps and enrol the same counters. */
static void enrol(struct ledger *ledger, struct cst_count *count)
{
    struct cst_count *others = first_of(ledger), *none = NULL;
    if (!atomic_compare_exchange_strong(&count->next, &none, others ? others : count))
        return;
    if (others) {
        end_lone(ledger, others);
    } else {
        set(&count->low, LONE_LOW);
        set(&count->width, width_of_peak(0));
    }
    atomic_store_explicit(&ledger->first, count, memory_order_release);
}

/* Sums over all threads. What was made is read of all before what was released is read of any: so what comes out as live
 * was live in between, or more. Less, only by what others release meanwhile, who have to wait for the lock when that is more
 * than the slack. */
static struct cst_count_total sum(const struct ledger *ledger)
{
    struct cst_count_total total = {0};
    uint64_t freed = 0;
    for (const struct cst_count *count = first_of(ledger); count; count = after(count)) {
        total.total_bytes += value_of(&count->total);
        total.allocs += 0 - value_of(&count->allocs);
    }
    for (const struct cst_count *count = first_of(ledger); count; count = after(count)) {
        freed += value_of(&count->freed);
        total.frees += value_of(&count->frees);
    }
    total.live_bytes = total.total_bytes > freed ? total.total_bytes - freed : 0;
    total.live_blocks = total.allocs > total.frees ? total.allocs - total.frees : 0;
    return total;
}

static void look_among_others(struct ledger *ledger, struct cst_count *count)
{
    const struct cst_count_total now = sum(ledger);
    if (now.live_bytes > ledger->peak_bytes) {
        ledger->peak_bytes = now.live_bytes;
        ledger->peak_blocks = now.live_blocks;
    }
    set(&count->low, (uint64_t)live_bytes(count) - WINDOW / 2);
    set(&count->width, WINDOW);
}

void cst_count_look(uint16_t side)
{
    struct cst_count *count = cst_count_of(side);
    struct ledger *ledger = &ledgers[side];
    if (raise_alone(count))
        return;
    cst_lock_acquire(&ledger->lock);
    if (!atomic_load_explicit(&count->next, memory_order_relaxed))
        enrol(ledger, count);
    if (!raise_alone(count))
        look_among_others(ledger, count);
    cst_lock_release(&ledger->lock);
}

/* What is live now may be more than at any look. */
static void read_peaks(const struct ledger *ledger, struct cst_count_total *total)
{
    const struct cst_count *count = first_of(ledger);
    bool alone = count && is_lone(count);
    total->peak_bytes = alone ? (uint64_t)peak_of_width(value_of(&count->width)) : ledger->peak_bytes;
    total->peak_blocks = alone ? value_of(&count->peak_blocks) : ledger->peak_blocks;
    if (total->live_bytes >= total->peak_bytes) {
        total->peak_bytes = total->live_bytes;
        total->peak_blocks = total->live_blocks;
    }
}

struct cst_count_total cst_count_sum(uint16_t side)
{
    struct ledger *ledger = &ledgers[side];
    cst_lock_acquire(&ledger->lock);
    struct cst_count_total total = sum(ledger);
    read_peaks(ledger, &total);
    cst_lock_release(&ledger->lock);
    return total;
}

void cst_count_after_fork(void)
{
    cst_lock_reset(&lock);
    for (size_t side = 0; side < CST_SIDE_MAX; side++)
        cst_lock_reset(&ledgers[side].lock);
}
