/* What a thread holds: see held.h. Handlers come in anywhere: each step leaves the thread inside while there is anything
 * left to be done. */
#include "core/held.h"

#include "base/lock.h"
#include "plat/process.h"
#include "plat/sys.h"
#include "site/stack_place.h"

#include <pthread.h>
#include <stdatomic.h>

#define BARRIER() atomic_signal_fence(memory_order_seq_cst)

struct kept {
    struct kept *next;
};
static _Atomic(struct kept *) kept;

/* Counted before anything else is written: what a handler holds meanwhile then comes behind, and it does not take the mode
 * that it finds for the one before the first. */
static void come(void *what, bool is_heap)
{
    struct cst_held *held = &cst_thread.held;
    uint8_t mode = cst_thread_guard();
    BARRIER();
    uint16_t place = held->count++;
    BARRIER();
    if (place == 0)
        held->mode = mode;
    if (place < CST_HELD_MAX)
        held->list[place] = (uintptr_t)what | is_heap;
    if (is_heap)
        held->heap++;
    BARRIER();
}

/* Takes one off the list, mostly the last, as whose place another takes otherwise. */
static void take_off(struct cst_held *held, uintptr_t one)
{
    size_t last = held->count - 1U, end = last < CST_HELD_MAX ? last : CST_HELD_MAX;
    uintptr_t moved = last < CST_HELD_MAX ? held->list[last] : 0;
    for (size_t i = 0; i < end && moved != one; i++) {
        if (held->list[i] == one) {
            held->list[i] = moved;
            return;
        }
    }
}

static void go(void *what, bool is_heap)
{
    struct cst_held *held = &cst_thread.held;
    if (held->count == 0)
        return; /* fork made the child forget it */
    uint8_t mode = held->mode;
    take_off(held, (uintptr_t)what | is_heap);
    BARRIER();
    if (is_heap && held->heap > 0)
        held->heap--;
    held->count--;
    BARRIER();
    if (held->count > 0)
        return;
    cst_thread_unguard(mode);
}

static void lock_coming(struct cst_lock *lock)
{
    come(lock, false);
}

static void lock_gone(struct cst_lock *lock)
{
    go(lock, false);
}

static const struct cst_lock_watch watch = {.coming = lock_coming, .gone = lock_gone};

void cst_held_start(void)
{
    cst_lock_watch(&watch);
}

void cst_held_heap_coming(void *mutex)
{
    come(mutex, true);
}

void cst_held_heap_gone(void *mutex)
{
    go(mutex, true);
}

/* Of those that the thread came for it may not have got the last. */
static void give_up(uintptr_t one)
{
    if (one & 1) {
        pthread_mutex_t *mutex = (pthread_mutex_t *)(one - 1);
        if (mutex->__data.__owner == cst_sys_tid())
            pthread_mutex_unlock(mutex);
    } else if (one && cst_lock_is_mine((struct cst_lock *)one)) {
        cst_lock_reset((struct cst_lock *)one);
    }
}

/* A handler that runs is further down the stack than what it interrupted, unless it has a stack of its own. */
static bool has_jumped(uintptr_t frame)
{
    const struct cst_stack_bounds *bounds = &cst_thread.bounds;
    uintptr_t entered = cst_thread.inside_frame;
    return entered != 0 && frame >= entered && cst_stack_holds(bounds, frame) && cst_stack_holds(bounds, entered) &&
           !cst_process_on_signal_stack((uintptr_t)__builtin_frame_address(0));
}

bool cst_held_recover(uintptr_t frame)
{
    struct cst_held *held = &cst_thread.held;
    if (!has_jumped(frame))
        return false;
    for (uint16_t i = held->count < CST_HELD_MAX ? held->count : CST_HELD_MAX; i-- > 0;)
        give_up(held->list[i]);
    held->count = held->heap = 0;
    cst_thread_unguard(cst_thread.counts ? CST_THREAD_READY : CST_THREAD_FRESH);
    return true;
}

void cst_held_keep(void *block)
{
    struct kept *fresh = block, *before = atomic_load(&kept);
    do
        fresh->next = before;
    while (!atomic_compare_exchange_weak(&kept, &before, fresh));
}

/* All are taken off at once, so that none can come back to its place while another is taken. */
void *cst_held_take(void)
{
    if (!atomic_load_explicit(&kept, memory_order_relaxed))
        return NULL;
    struct kept *first = atomic_exchange(&kept, NULL);
    for (struct kept *rest = first ? first->next : NULL; rest;) {
        struct kept *next = rest->next;
        cst_held_keep(rest);
        rest = next;
    }
    return first;
}

void cst_held_after_fork(void)
{
    struct cst_held *held = &cst_thread.held;
    if (held->count > 0 && !cst_thread_is_inside(held->mode))
        cst_thread_go_out(held->mode);
    held->count = held->heap = 0;
}
