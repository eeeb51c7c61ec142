/* Counters per side: see count.h. Threads' arrays are kept in one list for ever and handed from ended threads to new
 * ones, so the sums need no merging when a thread ends.
 *
 * A thread's counters for a side are in one of three states, told by `frees_high`:
 *
 *   sole    the only ones there have been for the side; their limits are its peak, and their thread raises them alone
 *   loose   calls within the limits are not looked at; releases never are
 *   tight   the limits are what the thread has, and every call settles
 *
 * Counters become loose when their thread settles, with half of what the peak leaves. When the peak leaves nothing, the
 * loose ones' unused limits are recalled, which makes them tight. In a word: at the peak threads settle call by call,
 * below it hardly ever. */
#include "core/count.h"

#include "base/lock.h"
#include "base/pool.h"
#include "plat/sys.h"

#define TIGHT UINT64_C(0)
#define SOLE (UINT64_MAX - 2)
#define LOOSE_WAITING (UINT64_MAX - 1)
#define LOOSE UINT64_MAX

/* A limit that no call is within, and what a thread makes of it when it finds that. */
#define NOWHERE (INT64_MIN / 2)
#define ARRIVED (NOWHERE - 1)

/* A thread that goes on allocating comes within a fraction of this many spins. */
#define SPINS_BEFORE_BARRIER 100U

/* After a barrier, which costs as much as some tens of calls that settle, this many settle before any become loose. */
#define CALLS_AFTER_BARRIER 64U

struct counts {
    struct cst_count of_side[CST_SIDE_MAX];
    struct counts *next;
    bool in_use;
};

/* One side over all threads. `given` is the sum of the limits. */
struct ledger {
    _Alignas(64) struct cst_lock lock; /* sides share no cache line */
    unsigned loose;                    /* how many are */
    unsigned calls_left;               /* that settle before any becomes loose */
    struct cst_count *first;
    int64_t bytes_given, blocks_given;
    int64_t bytes_peak, blocks_peak;
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

/* `made` is read first: of a thread that goes on meanwhile, what is live comes out low, not high. */
static int64_t live(const _Atomic uint64_t *made, const _Atomic uint64_t *released)
{
    uint64_t before = atomic_load_explicit(made, memory_order_acquire);
    return (int64_t)(before - atomic_load_explicit(released, memory_order_acquire));
}

static int64_t live_bytes(const struct cst_count *count)
{
    return live(&count->total, &count->freed);
}

static int64_t live_blocks(const struct cst_count *count)
{
    return live(&count->allocs, &count->frees);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool has_state(const struct cst_count *count, uint64_t state)
{
    return atomic_load_explicit(&count->frees_high, memory_order_relaxed) == state;
}

static void set_state(struct cst_count *count, uint64_t state)
{
    atomic_store_explicit(&count->frees_high, state, memory_order_relaxed);
}

static bool is_loose(const struct cst_count *count)
{
    return has_state(count, LOOSE) || has_state(count, LOOSE_WAITING);
}

static void set_limit(_Atomic int64_t *limit, int64_t value)
{
    atomic_store_explicit(limit, value, memory_order_release);
}

static int64_t limit_of(const _Atomic int64_t *limit)
{
    return atomic_load_explicit(limit, memory_order_acquire);
}

static struct cst_count *after(const struct cst_count *count)
{
    return count->next == count ? NULL : count->next;
}

/* What the only thread of a side does when it goes beyond a limit, without the lock. A second thread may come meanwhile: it
 * then knows by the counters what is stored here (end_sole), and until it has been stored this thread makes no other
 * call, so that it is right whenever it comes. */
static void raise_own_limits(struct cst_count *count)
{
    int64_t bytes = live_bytes(count), blocks = live_blocks(count);
    if (bytes > limit_of(&count->bytes_high))
        set_limit(&count->bytes_high, bytes);
    if (blocks > limit_of(&count->blocks_high))
        set_limit(&count->blocks_high, blocks);
}

static void raise_peaks(struct ledger *ledger)
{
    ledger->bytes_peak = larger(ledger->bytes_peak, ledger->bytes_given);
    ledger->blocks_peak = larger(ledger->blocks_peak, ledger->blocks_given);
}

/* A second thread comes to the side: its first becomes a loose one, whose limits are what the peak has been. Once the
 * barrier is passed it raises them no more, except for a call under way, by what its counters say already. */
static void end_sole(struct ledger *ledger)
{
    struct cst_count *sole = ledger->first;
    set_state(sole, LOOSE);
    cst_sys_fence_threads();
    int64_t bytes = live_bytes(sole), blocks = live_blocks(sole);
    ledger->loose = 1;
    ledger->bytes_given = larger(bytes, limit_of(&sole->bytes_high));
    ledger->blocks_given = larger(blocks, limit_of(&sole->blocks_high));
    raise_peaks(ledger);
}

static void enrol(struct ledger *ledger, struct cst_count *count)
{
    if (!ledger->first)
        set_state(count, SOLE);
    else if (has_state(ledger->first, SOLE))
        end_sole(ledger);
    count->next = ledger->first ? ledger->first : count;
    ledger->first = count;
}

/* Gives counters that have been given nothing what they need, and makes them tight. */
static void give(struct ledger *ledger, struct cst_count *count)
{
    int64_t bytes = live_bytes(count), blocks = live_blocks(count);
    ledger->bytes_given += bytes;
    ledger->blocks_given += blocks;
    set_limit(&count->bytes_high, bytes);
    set_limit(&count->blocks_high, blocks);
    set_state(count, TIGHT);
}

/* Makes the caller's counters tight. */
static void tighten(struct ledger *ledger, struct cst_count *count)
{
    ledger->loose -= is_loose(count);
    ledger->bytes_given -= limit_of(&count->bytes_high);
    ledger->blocks_given -= limit_of(&count->blocks_high);
    give(ledger, count);
}

/* Makes all counters tight, when no other thread makes calls within its limits. */
static void tighten_all(struct ledger *ledger)
{
    ledger->loose = 0;
    ledger->bytes_given = 0;
    ledger->blocks_given = 0;
    for (struct cst_count *count = ledger->first; count; count = after(count))
        give(ledger, count);
}

/* What a thread that is about to wait for the lock says to one that holds it to recall limits: that it is not within its
 * own. */
static void announce(struct cst_count *count)
{
    uint64_t loose = LOOSE;
    if (!atomic_compare_exchange_strong(&count->frees_high, &loose, LOOSE_WAITING) &&
        limit_of(&count->blocks_high) == NOWHERE)
        set_limit(&count->blocks_high, ARRIVED);
}

/* Takes limits back, unless their thread has announced itself before. */
static void take_back(struct cst_count *count)
{
    uint64_t loose = LOOSE;
    if (!has_state(count, LOOSE))
        return;
    set_limit(&count->bytes_high, NOWHERE);
    set_limit(&count->blocks_high, NOWHERE);
    (void)!atomic_compare_exchange_strong(&count->frees_high, &loose, TIGHT);
}

/* Waits a moment for the threads that limits were taken back from. */
static bool all_announce(const struct ledger *ledger)
{
    unsigned spins = SPINS_BEFORE_BARRIER;
    for (const struct cst_count *count = ledger->first; count; count = after(count)) {
        while (has_state(count, TIGHT) && limit_of(&count->blocks_high) == NOWHERE) {
            if (spins-- == 0)
                return false;
            __builtin_ia32_pause();
        }
    }
    return true;
}

/* Takes unused limits back from the threads that have some. A thread that allocates or releases again finds that it is
 * beyond its new limits, says so and waits for the lock; this is much quicker than a barrier. After a barrier each thread has
 * either finished its call within the old limits, and its counters say so, or is on its way to the lock, too. */
static void recall(struct ledger *ledger)
{
    for (struct cst_count *count = ledger->first; count; count = after(count))
        take_back(count);
    if (!all_announce(ledger)) {
        cst_sys_fence_threads();
        ledger->calls_left = CALLS_AFTER_BARRIER;
    }
    tighten_all(ledger);
}

/* Half, so that something is left for the next thread; but one block goes whole. */
static int64_t share(int64_t peak, int64_t given)
{
    return (peak - given + 1) / 2;
}

static void loosen(struct ledger *ledger, struct cst_count *count)
{
    int64_t bytes = share(ledger->bytes_peak, ledger->bytes_given);
    int64_t blocks = share(ledger->blocks_peak, ledger->blocks_given);
    ledger->bytes_given += bytes;
    ledger->blocks_given += blocks;
    ledger->loose++;
    set_limit(&count->bytes_high, limit_of(&count->bytes_high) + bytes);
    set_limit(&count->blocks_high, limit_of(&count->blocks_high) + blocks);
    set_state(count, LOOSE);
}

static void settle_among_others(struct ledger *ledger, struct cst_count *count)
{
    tighten(ledger, count);
    bool is_beyond = ledger->bytes_given > ledger->bytes_peak || ledger->blocks_given > ledger->blocks_peak;
    if (is_beyond && ledger->loose > 0)
        recall(ledger);
    raise_peaks(ledger);
    if (ledger->calls_left > 0)
        ledger->calls_left--;
    else
        loosen(ledger, count);
}

void cst_count_settle(uint16_t side)
{
    struct cst_count *count = &cst_thread.counts[side];
    if (has_state(count, SOLE)) {
        raise_own_limits(count);
        return;
    }
    struct ledger *ledger = &ledgers[side];
    announce(count);
    cst_lock_acquire(&ledger->lock);
    if (!count->next)
        enrol(ledger, count);
    if (has_state(count, SOLE))
        raise_own_limits(count);
    else
        settle_among_others(ledger, count);
    cst_lock_release(&ledger->lock);
}

/* Peaks as they are; those of a sole thread are its limits. */
static void read_peaks(const struct ledger *ledger, struct cst_count_total *total)
{
    int64_t bytes = ledger->bytes_peak, blocks = ledger->blocks_peak;
    if (ledger->first && has_state(ledger->first, SOLE)) {
        bytes = limit_of(&ledger->first->bytes_high);
        blocks = limit_of(&ledger->first->blocks_high);
    }
    total->peak_bytes = (uint64_t)larger(bytes, (int64_t)total->live_bytes);
    total->peak_blocks = (uint64_t)larger(blocks, (int64_t)total->live_blocks);
}

struct cst_count_total cst_count_sum(uint16_t side)
{
    struct ledger *ledger = &ledgers[side];
    struct cst_count_total total = {0};
    int64_t bytes = 0, blocks = 0;
    cst_lock_acquire(&ledger->lock);
    for (const struct cst_count *count = ledger->first; count; count = after(count)) {
        bytes += live_bytes(count);
        blocks += live_blocks(count);
        total.total_bytes += atomic_load_explicit(&count->total, memory_order_relaxed);
        total.allocs += atomic_load_explicit(&count->allocs, memory_order_relaxed);
        total.frees += atomic_load_explicit(&count->frees, memory_order_relaxed);
    }
    total.live_bytes = (uint64_t)larger(bytes, 0);
    total.live_blocks = (uint64_t)larger(blocks, 0);
    read_peaks(ledger, &total);
    cst_lock_release(&ledger->lock);
    return total;
}

/* The thread that held a ledger's lock is gone, wherever it was. A lone thread's limits say the peak even if a second one
 * was about to come. */
static void settle_after_fork(struct ledger *ledger)
{
    cst_lock_reset(&ledger->lock);
    if (!ledger->first || has_state(ledger->first, SOLE))
        return;
    if (!after(ledger->first)) {
        ledger->bytes_peak = larger(ledger->bytes_peak, limit_of(&ledger->first->bytes_high));
        ledger->blocks_peak = larger(ledger->blocks_peak, limit_of(&ledger->first->blocks_high));
    }
    tighten_all(ledger);
    raise_peaks(ledger);
    ledger->calls_left = 0;
}

void cst_count_after_fork(void)
{
    cst_lock_reset(&lock);
    for (size_t side = 0; side < CST_SIDE_MAX; side++)
        settle_after_fork(&ledgers[side]);
}
