/* Watched blocks: live blocks that a part of the ownership API knows more of than their tags say (a loan, a lease, an
 * object), and that it is shown before they are released or resized. A table from a block's start to those who watch it;
 * the tag of a block of our heap has a bit for it (tag.h), which makes a release take the slow way, so that others pay
 * nothing. Other addresses may be watched too, such as a buffer on a stack.
 *
 *   release:  if (cst_watch_has(start)) refused = cst_watch_refuses(what, ...);   nothing, if refused; else
 *             judged = cst_watch_ask(what);   rules, unless !judged;   memory goes back
 *   resize:   the same, with what->resizes;   copy;   cst_watch_resized(what, ...);   old memory goes back
 *
 * Takes a lock of its own for a short time, none while a watcher runs. Any thread that is not in a signal handler. */
#ifndef CST_CORE_WATCH_H
#define CST_CORE_WATCH_H

#include "core/origin.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A release or a resize of a watched block. */
struct cst_watched {
    const struct cst_call *call;
    const struct cst_origin *origin; /**< of the call */
    uintptr_t start;                 /**< of the block */
    bool
        resizes; /**< it may live on, here or elsewhere: cst_watch_resized says which, or nothing when it stays as it is */
    bool handed_over; /**< by an allocator of the program's, to which the owner gave it: who does it is no matter */
};

/** Where a block was resized to. */
struct cst_watch_move {
    uintptr_t to;                   /**< its start now */
    size_t size_before, size_after; /**< bytes */
};

/** Who watches; asked in this order. */
enum cst_watcher_id {
    CST_WATCHER_LEASE,
    CST_WATCHER_LEDGER,
    CST_WATCHER_OBJECT,
    CST_WATCHER_CALLBACK,
    CST_WATCHER_COUNT
};

/** One of them; lasts as long as the process. Called under the recursion guard, with no lock held. */
struct cst_watcher {
    enum cst_watcher_id id;
    /** The block is about to be released or resized; may tell of a breach. False when the rules are not to judge the
     * release any more, since what they would say has been said. Once released the block is watched no more. */
    bool (*ask)(const struct cst_watched *what);
    /** Asked before that: true when the block is neither to be released nor resized, which was told of; it goes on to be
     * watched. Who resizes it gets another with the first `out_readable` bytes of it. NULL: never. */
    bool (*refuses)(const struct cst_watched *what, size_t *out_readable);
    /** The block was resized, and is watched where it is now. Old memory has not been given back. NULL: no matter. */
    void (*resized)(const struct cst_watched *what, const struct cst_watch_move *move);
};

/** True when a live block begins at `start` whose release will be seen: of our heap, or of another allocator that is. */
CST_MUST_USE bool cst_watch_sees(uintptr_t start);

/** From now on `watcher` watches what begins at `start`. False when memory is out. */
CST_MUST_USE bool cst_watch_set(const struct cst_watcher *watcher, uintptr_t start);

/** From now on it does not. Does nothing when it did not. */
void cst_watch_clear(const struct cst_watcher *watcher, uintptr_t start);

/** True when the watcher of this kind watches `start`. */
CST_MUST_USE bool cst_watch_is_by(enum cst_watcher_id id, uintptr_t start);

/** The live block of our heap that begins at `start`, if one does, was told as one that nobody released (tag.h). The caller
 * watches it, and has a release of it wait meanwhile. */
void cst_watch_told(const struct cst_watcher *watcher, uintptr_t start);

/** Number of what is watched, for cst_watch_has. */
extern atomic_size_t cst_watch_count;

/** True when `start` is watched. */
bool cst_watch_find(uintptr_t start);

CST_INLINE bool cst_watch_has(uintptr_t start)
{
    return CST_UNLIKELY(atomic_load_explicit(&cst_watch_count, memory_order_relaxed) != 0) && cst_watch_find(start);
}

/** Whether one of those who watch the block refuses what is about to happen to it. */
CST_MUST_USE bool cst_watch_refuses(const struct cst_watched *what, size_t *out_readable);

/** Asks those who watch the block; true when the rules are to judge. Unless it resizes, it is watched no more. */
bool cst_watch_ask(const struct cst_watched *what);

/** The block was resized: it is watched where it is now. Before the old memory is given back. */
void cst_watch_resized(const struct cst_watched *what, const struct cst_watch_move *move);

/** The block is gone, and nobody can be blamed for it. False when the calling thread, now in a signal's handler, is in the
 * middle of other changes: then it stays watched. */
bool cst_watch_forget(uintptr_t start);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_watch_after_fork(void);

#endif
