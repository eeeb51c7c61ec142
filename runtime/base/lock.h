/* A lock of one word for slow paths: it needs no initialisation, no libc, and survives fork by being re-initialised in
 * the child. Waiters yield. Not recursive, not for hot paths, never held across a call out of the runtime. */
#ifndef CST_BASE_LOCK_H
#define CST_BASE_LOCK_H

#include <stdatomic.h>

struct cst_lock {
    atomic_flag taken;
};

#define CST_LOCK_INIT \
    { \
        ATOMIC_FLAG_INIT \
    }

/** Waits until the lock is free and takes it. */
void cst_lock_acquire(struct cst_lock *lock);

/** Gives the lock back; only the thread that took it may. */
void cst_lock_release(struct cst_lock *lock);

/** Makes the lock free whoever held it: only for the child of a fork, where the holder no longer exists. */
void cst_lock_reset(struct cst_lock *lock);

#endif
