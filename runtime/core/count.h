/* Counters per side: what each thread allocated and released, and the most bytes of the side that were live at once. A thread
 * writes its own counters without a lock; sums are made on demand. Each counter is written by one instruction, so that a
 * signal's handler that counts, too, comes before or after it.
 *
 * Totals and live figures are exact: nothing is ever lost or counted twice. A peak is exact for a side that only one thread
 * has ever counted for. For others it is never too high, and too low by at most CST_COUNT_SLACK for each of its threads. (Of
 * calls that overlap in time there is no one right order; a peak is that of some order.)
 *
 * Only a release makes a sum smaller. So a peak is looked for before releases, and an allocation has nothing to compare: a
 * lone thread looks when it has more than the peak; one of several when what it has live has changed by half the slack
 * since it looked last, and it then adds up what all threads have (count.c).
 *
 * Exempt is the array that threads share once they have ended, or when memory is out: calls of theirs at the same moment
 * may get lost in it. */
#ifndef CST_CORE_COUNT_H
#define CST_CORE_COUNT_H

#include "core/tag.h"
#include "core/thread.h"
#include "plat/compiler.h"
#include "plat/tally_x86_64.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** How much a peak may be too low for each thread that has counted for the side, when there were several. */
#define CST_COUNT_SLACK ((uint64_t)64 << 10)

/** Blocks up to this size are released without a look at what becomes of the window below. */
#define CST_COUNT_SMALL ((uint64_t)1 << 10)

/** One thread's counters for one side, which only their thread writes; of the others, others write `width` and `next`, under
 * the side's lock. Zeroed it is right for a thread that has not counted for the side yet. */
struct cst_count {
    _Atomic uint64_t allocs;          /**< blocks made, counted down from 0: the first is told by its borrow */
    _Atomic uint64_t total;           /**< bytes of them */
    _Atomic uint64_t frees, freed;    /**< blocks released, bytes of them */
    _Atomic uint64_t low, width;      /**< no need to look while the bytes live lie in [low, low + width) */
    _Atomic uint64_t peak_blocks;     /**< of a lone thread: live when its peak was */
    _Atomic(struct cst_count *) next; /**< of another thread for the same side, itself at the end; NULL: in no list */
};

/* Counters of different sides share no cache line, and finding them is a shift. */
_Static_assert(sizeof(struct cst_count) == 64, "one cache line");

/** Sums for one side. */
struct cst_count_total {
    uint64_t allocs, frees, total_bytes;
    uint64_t live_blocks, live_bytes;
    uint64_t peak_bytes, peak_blocks; /**< the most bytes live at once, and the blocks that these were in */
};

/** Counters for the calling thread, from those that ended threads gave back where possible. Never NULL: when memory is
 * out, or with `ended`, the shared ones. */
struct cst_count *cst_count_acquire(bool ended);

/** Gives the calling thread's counters back; what they counted stays counted. */
void cst_count_give_back(struct cst_count *counts);

/** Looks whether the sum of `side` is a new peak, as the calling thread is about to count a release, or has counted its first
 * allocation. Takes the side's lock, unless the thread is the only one that ever counted for it. */
CST_NOINLINE void cst_count_look(uint16_t side);

/** The sums for `side` over all threads. Of threads that go on meanwhile, live figures may be low, never high. */
struct cst_count_total cst_count_sum(uint16_t side);

/** After fork, in the child: frees locks that other threads of the parent may have held. */
void cst_count_after_fork(void);

/** The calling thread's counters of a side. */
CST_INLINE struct cst_count *cst_count_of(uint16_t side)
{
    return &cst_thread.counts[side];
}

/** Counts a block of `size` bytes in. True when cst_count_look is due after it. */
CST_INLINE CST_MUST_USE bool cst_count_in(struct cst_count *count, size_t size)
{
    cst_tally_add(&count->total, size);
    return cst_tally_borrow(&count->allocs);
}

/** True when cst_count_look is due before a block of `size` bytes is counted out. */
CST_INLINE CST_MUST_USE bool cst_count_is_due(const struct cst_count *count, size_t size)
{
    uint64_t above = cst_tally_own(&count->total) - cst_tally_own(&count->freed) - cst_tally_own(&count->low);
    return above >= atomic_load_explicit(&count->width, memory_order_relaxed) ||
           (size > CST_COUNT_SMALL && above < size);
}

/** Counts a block of `size` bytes out. */
CST_INLINE void cst_count_out(struct cst_count *count, size_t size)
{
    cst_tally_add(&count->freed, size);
    cst_tally_add(&count->frees, 1);
}

/** As cst_count_in, and looks when it is due. */
CST_INLINE void cst_count_alloc(uint16_t side, size_t size)
{
    if (CST_UNLIKELY(cst_count_in(cst_count_of(side), size)))
        cst_count_look(side);
}

/** As cst_count_out, and looks when it is due. */
CST_INLINE void cst_count_free(uint16_t side, size_t size)
{
    struct cst_count *count = cst_count_of(side);
    if (CST_UNLIKELY(cst_count_is_due(count, size)))
        cst_count_look(side);
    cst_count_out(count, size);
}

#endif
