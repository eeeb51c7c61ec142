/* Counters per side: allocations and releases per thread, written without atomics by their owner and added up on demand;
 * live and peak bytes per side for the process. A thread hands its bytes on to the process's whenever CST_COUNT_STEP of
 * them have gathered, and remembers how high they stood meanwhile: live is exact once added up, and peak is exact for what
 * one thread allocates; where several do, it is off by no more than a step a thread. */
#ifndef CST_CORE_COUNT_H
#define CST_CORE_COUNT_H

#include "core/tag.h"
#include "core/thread.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CST_COUNT_STEP ((int64_t)16 * 1024)

/** One thread's counters for one side. */
struct cst_count {
    uint64_t allocs, frees;
    int64_t pending; /**< bytes not yet added to the process's */
    int64_t high;    /**< the most that `pending` has been since it was last added, or 0 */
};

/** One side's bytes for the process. */
struct cst_bytes {
    _Atomic int64_t live, peak;
};
extern struct cst_bytes cst_count_bytes[CST_SIDE_MAX];

/** Sums for one side. */
struct cst_count_total {
    uint64_t allocs, frees, live_bytes, peak_bytes;
};

/** Counters for the calling thread, from those that ended threads gave back where possible. Never NULL: when memory is
 * out, or with `ended`, the shared ones. */
struct cst_count *cst_count_acquire(bool ended);

/** Gives the calling thread's counters back; what they counted stays counted. */
void cst_count_give_back(struct cst_count *counts);

/** Adds the calling thread's pending bytes of `side` to the process's. */
CST_NOINLINE void cst_count_flush(uint16_t side);

/** The sums for `side` over all threads. */
struct cst_count_total cst_count_sum(uint16_t side);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_count_after_fork(void);

/** Counts a block of `size` bytes in for `side`. True when enough has gathered for cst_count_flush. */
CST_INLINE CST_MUST_USE bool cst_count_in(uint16_t side, size_t size)
{
    struct cst_count *count = &cst_thread.counts[side];
    int64_t pending = count->pending + (int64_t)size;
    count->allocs++;
    count->pending = pending;
    if (CST_LIKELY(pending <= count->high))
        return false;
    count->high = pending;
    return pending > CST_COUNT_STEP;
}

/** Counts a block of `size` bytes of `side` out. True as for cst_count_in. */
CST_INLINE CST_MUST_USE bool cst_count_out(uint16_t side, size_t size)
{
    struct cst_count *count = &cst_thread.counts[side];
    int64_t pending = count->pending - (int64_t)size;
    count->frees++;
    count->pending = pending;
    return pending < -CST_COUNT_STEP;
}

/** As cst_count_in, and flushes when it is time. */
CST_INLINE void cst_count_alloc(uint16_t side, size_t size)
{
    if (CST_UNLIKELY(cst_count_in(side, size)))
        cst_count_flush(side);
}

/** As cst_count_out, and flushes when it is time. */
CST_INLINE void cst_count_free(uint16_t side, size_t size)
{
    if (CST_UNLIKELY(cst_count_out(side, size)))
        cst_count_flush(side);
}

#endif
