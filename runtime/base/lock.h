/* A lock of one word for slow paths: it needs no initialisation, no libc, and survives fork by being re-initialised in
 * the child. Waiters yield. Not for hot paths, never held across a call out of the runtime.
 *
 * A signal may come while a thread holds one, and its handler may call into the runtime. So whoever watches is told before
 * a lock is taken (core/held.h), and the thread that has a lock gets it again, without waiting for itself. */
#ifndef CST_BASE_LOCK_H
#define CST_BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cst_lock {
    _Atomic uintptr_t owner; /* the thread that has it, by its control block; 0: nobody */
    uint32_t again;          /* times that the owner has taken it while it had it */
};

#define CST_LOCK_INIT \
    { \
        0, 0 \
    }

/** Who is told, in the calling thread: before it tries to take a lock, and once it has given it back. */
struct cst_lock_watch {
    void (*coming)(struct cst_lock *lock);
    void (*gone)(struct cst_lock *lock);
};

/** Sets who is told, kept, not copied. At start. */
void cst_lock_watch(const struct cst_lock_watch *watch);

/** Waits until the lock is free and takes it. */
void cst_lock_acquire(struct cst_lock *lock);

/** Gives the lock back; only the thread that took it may. */
void cst_lock_release(struct cst_lock *lock);

/** True when the calling thread has the lock. */
bool cst_lock_is_mine(const struct cst_lock *lock);

/** Makes the lock free whoever held it: only for the child of a fork, where the holder no longer exists, and for a thread
 * that left where it held the lock by a jump. */
void cst_lock_reset(struct cst_lock *lock);

#endif
