/* Findings on their way out: told once, counted always, also past the number that is told apart. The sink here notes what it
 * is told; an identity is whatever the caller says. */
#include "core/findings.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static _Atomic unsigned told;

/* The key is made from the block's size, so that tests can choose it. */
static uint64_t note(const struct cst_finding *finding)
{
    told++;
    return 1000000 + finding->block_size;
}

static void raise_one(enum custody_severity severity, size_t number)
{
    const struct cst_finding finding = {.severity = severity, .block_size = number};
    cst_findings_raise(&finding, cst_findings_mix(0, number));
}

static void an_equal_finding_is_told_once(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        raise_one(CUSTODY_SEVERITY_ERROR, 1);
    }
    raise_one(CUSTODY_SEVERITY_ERROR, 2);
    raise_one(CUSTODY_SEVERITY_NOTE, 3);
    assert_int_equal(told, 3);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_ERROR), 2);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), 0);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_NOTE), 1);
}

static void identity_zero_is_an_identity(void **state)
{
    (void)state;
    const struct cst_finding finding = {.severity = CUSTODY_SEVERITY_WARNING};
    cst_findings_raise(&finding, 0);
    cst_findings_raise(&finding, 0);
    assert_int_equal(told, 1);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), 1);
}

struct repeats {
    unsigned visits;
    uint64_t keys, counts;
};

static void add_repeat(uint64_t key, uint64_t count, void *data)
{
    struct repeats *repeats = data;
    repeats->visits++;
    repeats->keys += key;
    repeats->counts += count;
}

static struct repeats list_repeats(void)
{
    struct repeats repeats = {0};
    cst_findings_each_repeat(add_repeat, &repeats);
    return repeats;
}

static void what_came_again_is_listed_with_its_key_and_count(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        raise_one(CUSTODY_SEVERITY_ERROR, 1);
    }
    raise_one(CUSTODY_SEVERITY_ERROR, 2);
    struct repeats repeats = list_repeats();
    assert_int_equal(repeats.visits, 1);
    assert_int_equal(repeats.keys, 1000001);
    assert_int_equal(repeats.counts, 7);
}

static void past_the_number_told_apart_findings_are_still_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < CST_FINDINGS_MAX; i++) {
        raise_one(CUSTODY_SEVERITY_WARNING, i);
    }
    assert_int_equal(told, CST_FINDINGS_MAX);
    raise_one(CUSTODY_SEVERITY_WARNING, 17);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), CST_FINDINGS_MAX);
    assert_int_equal(list_repeats().visits, 1);
    for (size_t i = 0; i < 1000; i++) {
        raise_one(CUSTODY_SEVERITY_ERROR, CST_FINDINGS_MAX + i);
    }
    assert_int_equal(told, CST_FINDINGS_MAX);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_ERROR), 1000);
}

static void notes_leave_room_for_what_is_worse(void **state)
{
    (void)state;
    for (size_t i = 0; i < CST_FINDINGS_MAX; i++) {
        raise_one(CUSTODY_SEVERITY_NOTE, i);
    }
    assert_int_equal(told, CST_FINDINGS_NOTES_MAX);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_NOTE), CST_FINDINGS_MAX);
    raise_one(CUSTODY_SEVERITY_ERROR, CST_FINDINGS_MAX + 1);
    assert_int_equal(told, CST_FINDINGS_NOTES_MAX + 1);
}

static void after_fork_the_child_begins_anew(void **state)
{
    (void)state;
    raise_one(CUSTODY_SEVERITY_ERROR, 1);
    raise_one(CUSTODY_SEVERITY_ERROR, 1);
    cst_findings_after_fork();
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_ERROR), 0);
    assert_int_equal(list_repeats().visits, 0);
    raise_one(CUSTODY_SEVERITY_ERROR, 1);
    assert_int_equal(told, 2);
}

#define THREADS 4
#define DISTINCT 500U
#define TIMES 20U

static void *raise_many(void *unused)
{
    for (unsigned time = 0; time < TIMES; time++) {
        for (size_t i = 0; i < DISTINCT; i++) {
            raise_one(CUSTODY_SEVERITY_WARNING, i);
        }
    }
    return unused;
}

static void threads_that_find_the_same_tell_it_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, raise_many, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(told, DISTINCT);
    assert_int_equal(cst_findings_count(CUSTODY_SEVERITY_WARNING), DISTINCT);
    struct repeats repeats = list_repeats();
    assert_int_equal(repeats.visits, DISTINCT);
    assert_int_equal(repeats.counts, DISTINCT * TIMES * THREADS);
}

static int forget(void **state)
{
    (void)state;
    cst_findings_start(note);
    cst_findings_after_fork();
    told = 0;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_equal_finding_is_told_once),
        TEST(identity_zero_is_an_identity),
        TEST(what_came_again_is_listed_with_its_key_and_count),
        TEST(past_the_number_told_apart_findings_are_still_counted),
        TEST(notes_leave_room_for_what_is_worse),
        TEST(after_fork_the_child_begins_anew),
        TEST(threads_that_find_the_same_tell_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
