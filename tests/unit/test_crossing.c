/* Crossings: each pair of sides and contract counted apart, from many threads, up to the table's end and beyond. */
#include "core/crossing.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct cst_crossing listed[CST_CROSSING_MAX];

static const struct cst_crossing *find(unsigned count, uint16_t from, uint16_t to, enum custody_contract contract)
{
    for (unsigned i = 0; i < count; i++) {
        if (listed[i].from == from && listed[i].to == to && listed[i].contract == contract) {
            return &listed[i];
        }
    }
    return NULL;
}

static void each_pair_and_contract_is_counted_apart(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, true);
    }
    cst_crossing_count(2, 1, CUSTODY_CONTRACT_MALLOC, true);
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_NEW, true);
    cst_crossing_count(1023, 1022, CUSTODY_CONTRACT_CUSTODY, false);
    unsigned count = cst_crossing_list(listed);
    assert_int_equal(count, 4);
    assert_int_equal(find(count, 1, 2, CUSTODY_CONTRACT_MALLOC)->count, 3);
    assert_int_equal(find(count, 2, 1, CUSTODY_CONTRACT_MALLOC)->count, 1);
    assert_int_equal(find(count, 1, 2, CUSTODY_CONTRACT_NEW)->count, 1);
    assert_int_equal(find(count, 1023, 1022, CUSTODY_CONTRACT_CUSTODY)->count, 1);
}

static void one_reported_release_makes_the_crossing_not_allowed(void **state)
{
    (void)state;
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, true);
    cst_crossing_list(listed);
    assert_true(listed[0].allowed);
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, false);
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, true);
    assert_int_equal(cst_crossing_list(listed), 1);
    assert_false(listed[0].allowed);
    assert_int_equal(listed[0].count, 3);
}

static void a_full_table_counts_what_it_has_and_drops_the_rest(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CST_CROSSING_MAX + 500; i++) {
        cst_crossing_count((uint16_t)(i % 1000), (uint16_t)(i / 1000), CUSTODY_CONTRACT_MALLOC, true);
    }
    cst_crossing_count(5, 0, CUSTODY_CONTRACT_MALLOC, true);
    unsigned count = cst_crossing_list(listed);
    assert_int_equal(count, CST_CROSSING_MAX);
    assert_int_equal(find(count, 5, 0, CUSTODY_CONTRACT_MALLOC)->count, 2);
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += listed[i].count;
    }
    assert_int_equal(sum, CST_CROSSING_MAX + 1);
}

static void after_fork_the_child_begins_anew(void **state)
{
    (void)state;
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, false);
    cst_crossing_after_fork();
    assert_int_equal(cst_crossing_list(listed), 0);
    cst_crossing_count(1, 2, CUSTODY_CONTRACT_MALLOC, true);
    assert_int_equal(cst_crossing_list(listed), 1);
    assert_true(listed[0].allowed);
    assert_int_equal(listed[0].count, 1);
}

#define THREADS 4
#define PAIRS 300U
#define TIMES 50U

static void *cross(void *unused)
{
    for (unsigned i = 0; i < TIMES * PAIRS; i++) {
        cst_crossing_count((uint16_t)(i % PAIRS), 1000, CUSTODY_CONTRACT_NEW, true);
    }
    return unused;
}

static void threads_lose_no_crossing(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, cross, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    unsigned count = cst_crossing_list(listed);
    assert_int_equal(count, PAIRS);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(listed[i].count, TIMES * THREADS);
    }
}

static int forget(void **state)
{
    (void)state;
    cst_crossing_after_fork();
    memset(listed, 0, sizeof listed);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_pair_and_contract_is_counted_apart),
        TEST(one_reported_release_makes_the_crossing_not_allowed),
        TEST(a_full_table_counts_what_it_has_and_drops_the_rest),
        TEST(after_fork_the_child_begins_anew),
        TEST(threads_lose_no_crossing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
