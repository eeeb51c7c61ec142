/* Counters: exact while the process has one thread, also the peak; with threads the sums are exact and the peak is low by no
 * more than a step a thread. */
#include "core/count.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define THREADS 4
#define TIMES 20000
#define BLOCK 100

static void assert_total(uint16_t side, uint64_t allocs, uint64_t frees, uint64_t live, uint64_t peak)
{
    struct cst_count_total total = cst_count_sum(side);
    assert_int_equal(total.allocs, allocs);
    assert_int_equal(total.frees, frees);
    assert_int_equal(total.live_bytes, live);
    assert_int_equal(total.peak_bytes, peak);
}

static void with_one_thread_live_and_peak_are_exact(void **state)
{
    (void)state;
    cst_count_alloc(1, 100);
    cst_count_alloc(1, 50);
    assert_total(1, 2, 0, 150, 150);
    cst_count_free(1, 100);
    cst_count_alloc(1, 30);
    assert_total(1, 3, 1, 80, 150);
    cst_count_alloc(1, 71);
    assert_total(1, 4, 1, 151, 151);
}

static void sides_are_counted_apart_and_blocks_of_no_bytes_too(void **state)
{
    (void)state;
    cst_count_alloc(2, 0);
    cst_count_alloc(CST_SIDE_MAX - 1, 1 << 20);
    assert_total(2, 1, 0, 0, 0);
    assert_total(CST_SIDE_MAX - 1, 1, 0, 1 << 20, 1 << 20);
    assert_total(3, 0, 0, 0, 0);
}

/* A block made on one side and released on behalf of it elsewhere never shows less than nothing. */
static void more_released_than_made_is_no_negative_sum(void **state)
{
    (void)state;
    cst_count_free(4, 100);
    assert_total(4, 0, 1, 0, 0);
    cst_count_alloc(4, 100);
    assert_total(4, 1, 1, 0, 0);
}

static void *make_and_release(void *unused)
{
    cst_thread.counts = cst_count_acquire(false);
    for (int i = 0; i < TIMES; i++) {
        cst_count_alloc(5, BLOCK);
    }
    for (int i = 0; i < TIMES - 1; i++) {
        cst_count_free(5, BLOCK);
    }
    cst_count_give_back(cst_thread.counts);
    return unused;
}

static void run_threads(void *(*run)(void *))
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void with_threads_sums_are_exact_and_the_peak_is_near(void **state)
{
    (void)state;
    run_threads(make_and_release);
    struct cst_count_total total = cst_count_sum(5);
    assert_int_equal(total.allocs, THREADS * TIMES);
    assert_int_equal(total.frees, THREADS * (TIMES - 1));
    assert_int_equal(total.live_bytes, THREADS * BLOCK);
    assert_in_range(total.peak_bytes, TIMES * BLOCK - CST_COUNT_STEP, THREADS * TIMES * BLOCK);
}

static void a_peak_of_one_thread_among_others_is_low_by_less_than_a_step(void **state)
{
    (void)state;
    cst_count_alloc(6, 1000000);
    cst_count_free(6, 1000000);
    struct cst_count_total total = cst_count_sum(6);
    assert_int_equal(total.live_bytes, 0);
    assert_in_range(total.peak_bytes, 1000000 - CST_COUNT_STEP, 1000000);
}

static struct cst_count *taken[THREADS];
static pthread_barrier_t all_have_taken;

static void *take_and_give_back(void *place)
{
    *(struct cst_count **)place = cst_count_acquire(false);
    pthread_barrier_wait(&all_have_taken);
    cst_count_give_back(*(struct cst_count **)place);
    return NULL;
}

static void counters_of_ended_threads_go_to_new_ones_and_keep_what_they_counted(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    pthread_barrier_init(&all_have_taken, NULL, THREADS);
    uint64_t allocs = cst_count_sum(5).allocs;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give_back, &taken[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(taken[i], taken[j]);
        }
    }
    struct cst_count *again = cst_count_acquire(false);
    bool is_one_of_them = false;
    for (size_t i = 0; i < THREADS; i++) {
        is_one_of_them = is_one_of_them || taken[i] == again;
    }
    assert_true(is_one_of_them);
    cst_count_give_back(again);
    assert_int_equal(cst_count_sum(5).allocs, allocs);
    pthread_barrier_destroy(&all_have_taken);
}

static void a_thread_that_has_ended_counts_with_the_shared_counters(void **state)
{
    (void)state;
    struct cst_count *mine = cst_thread.counts;
    cst_thread.counts = cst_count_acquire(true);
    assert_ptr_equal(cst_count_acquire(true), cst_thread.counts);
    assert_ptr_not_equal(cst_thread.counts, mine);
    cst_count_alloc(7, 10);
    cst_count_give_back(cst_thread.counts);
    assert_ptr_not_equal(cst_count_acquire(false), cst_count_acquire(true));
    assert_int_equal(cst_count_sum(7).allocs, 1);
    assert_int_equal(cst_count_sum(7).live_bytes, 10);
    cst_thread.counts = mine;
}

static int acquire(void **state)
{
    (void)state;
    cst_thread.counts = cst_count_acquire(false);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_one_thread_live_and_peak_are_exact),
        cmocka_unit_test(sides_are_counted_apart_and_blocks_of_no_bytes_too),
        cmocka_unit_test(more_released_than_made_is_no_negative_sum),
        cmocka_unit_test(with_threads_sums_are_exact_and_the_peak_is_near),
        cmocka_unit_test(a_peak_of_one_thread_among_others_is_low_by_less_than_a_step),
        cmocka_unit_test(counters_of_ended_threads_go_to_new_ones_and_keep_what_they_counted),
        cmocka_unit_test(a_thread_that_has_ended_counts_with_the_shared_counters),
    };
    return cmocka_run_group_tests(tests, acquire, NULL);
}
