/* A lock of one word: see lock.h. */
#include "base/lock.h"

#include "plat/process.h"

#define SPINS_BEFORE_YIELD 64

void cst_lock_acquire(struct cst_lock *lock)
{
    for (unsigned spins = 0; atomic_flag_test_and_set_explicit(&lock->taken, memory_order_acquire); spins++) {
        if (spins < SPINS_BEFORE_YIELD)
            __builtin_ia32_pause();
        else
            cst_process_yield();
    }
}

void cst_lock_release(struct cst_lock *lock)
{
    atomic_flag_clear_explicit(&lock->taken, memory_order_release);
}

void cst_lock_reset(struct cst_lock *lock)
{
    atomic_flag_clear_explicit(&lock->taken, memory_order_release);
}
