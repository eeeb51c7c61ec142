/* A lock of one word: one holder at a time, and free again after a reset, whoever held it. */
#include "base/lock.h"

#include "child.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define THREADS 4
#define TIMES 20000

static struct cst_lock lock = CST_LOCK_INIT;
static volatile long counter; /* under the lock; not atomic, so that a second holder would lose counts */

static void *count_under_lock(void *unused)
{
    for (int i = 0; i < TIMES; i++) {
        cst_lock_acquire(&lock);
        counter = counter + 1;
        cst_lock_release(&lock);
    }
    return unused;
}

static void one_thread_at_a_time_holds_it(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_under_lock, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(counter, THREADS * TIMES);
}

static _Atomic bool has_waited;

static void *wait_for_lock(void *unused)
{
    cst_lock_acquire(&lock);
    has_waited = true;
    cst_lock_release(&lock);
    return unused;
}

static void a_waiter_waits_until_it_is_given_back(void **state)
{
    (void)state;
    pthread_t waiter;
    cst_lock_acquire(&lock);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_lock, NULL), 0);
    for (int i = 0; i < 1000; i++) {
        assert_false(has_waited);
    }
    cst_lock_release(&lock);
    pthread_join(waiter, NULL);
    assert_true(has_waited);
}

/* Control blocks of two threads may differ in any bit. */
static void it_tells_apart_owners_that_differ_in_any_bit(void **state)
{
    (void)state;
    cst_lock_acquire(&lock);
    uintptr_t mine = lock.owner;
    for (unsigned bit = 3; bit < 64; bit++) {
        lock.owner = mine ^ UINT64_C(1) << bit;
        assert_false(cst_lock_is_mine(&lock));
    }
    lock.owner = mine;
    assert_true(cst_lock_is_mine(&lock));
    cst_lock_release(&lock);
    assert_int_equal(mine, (uintptr_t)__builtin_thread_pointer());
}

/* The holder does not exist in the child: without the reset this would wait for ever. */
static void reset_and_use(void)
{
    (void)alarm(20);
    cst_lock_reset(&lock);
    cst_lock_acquire(&lock);
    cst_lock_release(&lock);
}

static void the_child_of_a_fork_resets_it_and_goes_on(void **state)
{
    (void)state;
    cst_lock_acquire(&lock);
    assert_int_equal(in_a_child(reset_and_use), 0);
    cst_lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_at_a_time_holds_it),
        cmocka_unit_test(a_waiter_waits_until_it_is_given_back),
        cmocka_unit_test(it_tells_apart_owners_that_differ_in_any_bit),
        cmocka_unit_test(the_child_of_a_fork_resets_it_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
