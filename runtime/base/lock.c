/* A lock of one word: see lock.h. */
#include "base/lock.h"

#include "plat/process.h"

#include <stddef.h>

#define SPINS_BEFORE_YIELD 64

static const struct cst_lock_watch *_Atomic watch;

void cst_lock_watch(const struct cst_lock_watch *new_watch)
{
    atomic_store(&watch, new_watch);
}

static uintptr_t token(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

bool cst_lock_is_mine(const struct cst_lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == token();
}

static void wait_for_turn(struct cst_lock *lock)
{
    uintptr_t nobody = 0;
    for (unsigned spins = 0; !atomic_compare_exchange_weak_explicit(&lock->owner, &nobody, token(),
                                                                    memory_order_acquire, memory_order_relaxed);
         spins++) {
        nobody = 0;
        if (spins < SPINS_BEFORE_YIELD)
            __builtin_ia32_pause();
        else
            cst_process_yield();
    }
}

void cst_lock_acquire(struct cst_lock *lock)
{
    const struct cst_lock_watch *told = atomic_load_explicit(&watch, memory_order_relaxed);
    if (told)
        told->coming(lock);
    if (cst_lock_is_mine(lock))
        lock->again++;
    else
        wait_for_turn(lock);
}

void cst_lock_release(struct cst_lock *lock)
{
    const struct cst_lock_watch *told = atomic_load_explicit(&watch, memory_order_relaxed);
    if (lock->again > 0)
        lock->again--;
    else
        atomic_store_explicit(&lock->owner, 0, memory_order_release);
    if (told)
        told->gone(lock);
}

void cst_lock_reset(struct cst_lock *lock)
{
    lock->again = 0;
    atomic_store_explicit(&lock->owner, 0, memory_order_release);
}
