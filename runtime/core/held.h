/* What a thread holds: our locks, and those of the heap. A signal's handler that allocates or releases meanwhile must not
 * come to wait for its own thread. So as long as something is held the thread counts as inside the runtime
 * (CST_THREAD_INSIDE), and a handler is served as such: from the heap, or, while the heap itself is at work (CST_THREAD_HEAP, or
 * one of its locks), from the boot buffer, and what it releases then waits.
 *
 * A handler that leaves by a jump (siglongjmp) leaves behind what was held. That is noticed at the thread's next call, by
 * the stack being shorter than where the runtime was entered. */
#ifndef CST_CORE_HELD_H
#define CST_CORE_HELD_H

#include "core/thread.h"

#include <stdbool.h>
#include <stdint.h>

/** Watches our locks; at start. */
void cst_held_start(void);

/** The heap is about to take a lock of its own, and has given it back. */
void cst_held_heap_coming(void *mutex);
void cst_held_heap_gone(void *mutex);

/** True while the heap must not be called, for the calling thread is in the middle of it. */
CST_INLINE bool cst_held_heap(void)
{
    return cst_thread.mode == CST_THREAD_HEAP || cst_thread.held.heap > 0;
}

/** Frees what the calling thread, which counts as inside the runtime, left behind by a jump; `frame` is where it is now. Then
 * it is outside, ready or fresh. False when it has left nothing: it is inside. */
CST_MUST_USE bool cst_held_recover(uintptr_t frame);

/** Takes a block (not NULL) that was released while the heap was at work, for cst_held_take. */
void cst_held_keep(void *block);

/** A block that was kept, the caller's to release; NULL when there is none. */
CST_MUST_USE void *cst_held_take(void);

/** After fork, in the child: the heap has made its locks anew. */
void cst_held_after_fork(void);

#endif
