/* Threads: see thread.h. Rule of a thread's end: its counters go back once the other thread-specific data is gone, which
 * takes a destructor that asks to be called again until the last round; whatever the thread still does after that is
 * counted in the shared counters, and audited all the same. */
#include "entry/thread.h"

#include "core/count.h"
#include "core/engine.h"
#include "core/held.h"
#include "core/stacks.h"
#include "entry/start.h"
#include "plat/sys.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>

static pthread_key_t key;
static bool has_key;

/* `round` counts the rounds of destructors, from 1. */
static void at_thread_end(void *round)
{
    if (cst_thread_is_inside(cst_thread.mode)) /* cancelled anywhere at all, it may have left locks behind */
        (void)!cst_held_recover((uintptr_t)__builtin_frame_address(0));
    uint8_t mode = cst_thread_guard();
    uintptr_t next = (uintptr_t)round + 1;
    if (next < PTHREAD_DESTRUCTOR_ITERATIONS && pthread_setspecific(key, (void *)next) == 0) {
        cst_thread_unguard(mode);
        return;
    }
    cst_count_give_back(cst_thread.counts);
    cst_thread.counts = cst_count_acquire(true);
    cst_stacks_end(cst_thread.place, (uintptr_t)__builtin_thread_pointer());
    cst_thread.place = CST_STACKS_MAX;
    cst_thread_unguard(mode);
}

void cst_thread_start(void)
{
    has_key = pthread_key_create(&key, at_thread_end) == 0;
    cst_sys_fence_threads(); /* the first is cheap only now, while there is one thread */
}

static CST_MUST_USE bool set_up(void)
{
    if (!cst_heap_enter_thread())
        return false;
    cst_thread.bounds = cst_stack_bounds_get();
    cst_thread.place = (uint16_t)cst_stacks_add(&cst_thread.bounds);
    cst_thread.stacks = (uint8_t)cst_engine_settings.stacks;
    cst_thread.generation = cst_start_generation();
    cst_thread.counts = cst_count_acquire(false);
    if (has_key)
        pthread_setspecific(key, (void *)1);
    return true;
}

bool cst_thread_enter(void)
{
    if (cst_thread.mode != CST_THREAD_FRESH)
        return !cst_thread_is_inside(cst_thread.mode);
    uint8_t mode = cst_thread_guard();
    bool is_ready = cst_start() && set_up();
    cst_thread_unguard(is_ready ? CST_THREAD_READY : mode);
    return is_ready;
}

void cst_thread_after_fork(void)
{
    cst_stacks_clear();
    cst_thread.place = (uint16_t)cst_stacks_add(&cst_thread.bounds);
    cst_thread.generation = cst_start_generation();
}
