/* Counters per side: what each thread allocated and released, and the most bytes and blocks of the side that were live at
 * once. A thread writes its own counters without a lock and without atomic read-modify-writes; sums are made on demand.
 *
 * Totals and live figures are exact: nothing is ever lost or counted twice. So is a peak: it is the largest sum that was
 * live in some order of all calls in which calls that did not overlap in time keep theirs. (Of calls that overlap there is
 * no one right order. A barrier in other threads is taken from the kernel; where it cannot give one, a peak may miss a
 * single call that is under way in another thread while limits are recalled.)
 *
 * How that goes without a lock: each thread has limits, up to which its own share may grow unasked, and the limits of all
 * threads add up to no more than the peak. So no peak is passed unseen. A thread that goes beyond a limit settles with the
 * others (count.c), under the side's own lock: it gets a part of what the peak leaves, the others' unused limits are
 * recalled, or the peak is a new one. While only one thread has ever counted for a side, its limits are the peak.
 *
 * Exempt is the array that threads share once they have ended, or when memory is out: calls of theirs at the same moment
 * may get lost in it. */
#ifndef CST_CORE_COUNT_H
#define CST_CORE_COUNT_H

#include "core/tag.h"
#include "core/thread.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** One thread's counters for one side. The first four only grow and only their thread writes them; the limits others
 * write too, under the side's lock. Zeroed it is right for a thread that has not counted for the side yet. */
struct cst_count {
    _Atomic uint64_t allocs, frees;          /**< blocks made, blocks released */
    _Atomic uint64_t total, freed;           /**< bytes of them */
    _Atomic int64_t bytes_high, blocks_high; /**< made less released may grow up to these unasked */
    _Atomic uint64_t frees_high; /**< a release that takes `frees` beyond it settles: all of them, or none */
    struct cst_count *next;      /**< of another thread for the same side, itself at the end; NULL: in no list */
};

/* Counters of different sides share no cache line, and finding them is a shift. */
_Static_assert(sizeof(struct cst_count) == 64, "one cache line");

/** Sums for one side. */
struct cst_count_total {
    uint64_t allocs, frees, total_bytes;
    uint64_t live_blocks, live_bytes;
    uint64_t peak_blocks, peak_bytes;
};

/** Counters for the calling thread, from those that ended threads gave back where possible. Never NULL: when memory is
 * out, or with `ended`, the shared ones. */
struct cst_count *cst_count_acquire(bool ended);

/** Gives the calling thread's counters back; what they counted stays counted. */
void cst_count_give_back(struct cst_count *counts);

/** Settles the calling thread's counters of `side`, which went beyond a limit, with those of the other threads. Takes the
 * side's lock, unless the thread is the only one that ever counted for it; now and then makes the other threads pass a
 * barrier. */
CST_NOINLINE void cst_count_settle(uint16_t side);

/** The sums for `side` over all threads. Of threads that go on meanwhile, live figures may be low, never high. */
struct cst_count_total cst_count_sum(uint16_t side);

/** After fork, in the child: frees locks that other threads of the parent may have held, and settles for those threads. */
void cst_count_after_fork(void);

/** Adds to a counter that only this thread writes. */
CST_INLINE uint64_t cst_count_add(_Atomic uint64_t *counter, uint64_t amount)
{
    uint64_t sum = atomic_load_explicit(counter, memory_order_relaxed) + amount;
    atomic_store_explicit(counter, sum, memory_order_release);
    return sum;
}

/** Counts a block of `size` bytes in for `side`. True when cst_count_settle is due. */
CST_INLINE CST_MUST_USE bool cst_count_in(uint16_t side, size_t size)
{
    struct cst_count *count = &cst_thread.counts[side];
    uint64_t total = cst_count_add(&count->total, size);
    uint64_t allocs = cst_count_add(&count->allocs, 1);
    /* Who recalls limits writes them and then reads counters; here it is the other way round. */
    atomic_signal_fence(memory_order_seq_cst);
    int64_t bytes = (int64_t)(total - atomic_load_explicit(&count->freed, memory_order_relaxed));
    int64_t blocks = (int64_t)(allocs - atomic_load_explicit(&count->frees, memory_order_relaxed));
    int64_t bytes_left = atomic_load_explicit(&count->bytes_high, memory_order_relaxed) - bytes;
    int64_t blocks_left = atomic_load_explicit(&count->blocks_high, memory_order_relaxed) - blocks;
    return (bytes_left | blocks_left) < 0;
}

/** Counts a block of `size` bytes of `side` out. True as for cst_count_in. */
CST_INLINE CST_MUST_USE bool cst_count_out(uint16_t side, size_t size)
{
    struct cst_count *count = &cst_thread.counts[side];
    cst_count_add(&count->freed, size);
    uint64_t frees = cst_count_add(&count->frees, 1);
    atomic_signal_fence(memory_order_seq_cst);
    return frees > atomic_load_explicit(&count->frees_high, memory_order_relaxed);
}

/** As cst_count_in, and settles when it is due. */
CST_INLINE void cst_count_alloc(uint16_t side, size_t size)
{
    if (CST_UNLIKELY(cst_count_in(side, size)))
        cst_count_settle(side);
}

/** As cst_count_out, and settles when it is due. */
CST_INLINE void cst_count_free(uint16_t side, size_t size)
{
    if (CST_UNLIKELY(cst_count_out(side, size)))
        cst_count_settle(side);
}

#endif
