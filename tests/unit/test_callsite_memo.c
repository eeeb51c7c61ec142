/* Traces that are not made twice: what is remembered, for how long, and what never is. */
#include "site/callsite_memo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int traces;
static struct cst_tail answer;
static struct cst_grounds rests_on;
static uint32_t modules;

struct cst_tail __wrap_cst_tail_trace(const struct cst_landing *start, const struct cst_goal *goal,
                                      struct cst_grounds *grounds);
struct cst_tail __wrap_cst_tail_trace(const struct cst_landing *start, const struct cst_goal *goal,
                                      struct cst_grounds *grounds)
{
    (void)start;
    (void)goal;
    traces++;
    *grounds = rests_on;
    return answer;
}

uint32_t __wrap_cst_module_count(void);
uint32_t __wrap_cst_module_count(void)
{
    return modules;
}

static struct cst_grounds given;

static struct cst_tail trace(uintptr_t function, enum custody_door door)
{
    const struct cst_landing start = {.kind = CST_LAND_FUNCTION, .function = {function, function + 64}};
    const struct cst_goal goal = {.name = door, .door = 0x5000};
    given = (struct cst_grounds){0};
    return cst_memo_trace(&start, &goal, &given);
}

static int forget(void **state)
{
    (void)state;
    cst_memo_forget();
    traces = 0;
    modules = 3;
    answer = (struct cst_tail){.how = CST_HOW_TAIL};
    rests_on = (struct cst_grounds){0};
    return 0;
}

static void a_function_is_traced_once_for_each_door(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(trace(0x4000, CUSTODY_DOOR_FREE).how, CST_HOW_TAIL);
    }
    assert_int_equal(traces, 1);
    (void)trace(0x4000, CUSTODY_DOOR_MALLOC);
    (void)trace(0x4100, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 3);
}

static void an_answer_that_is_good_for_one_call_is_not_kept(void **state)
{
    (void)state;
    answer.passing = true;
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_true(trace(0x4000, CUSTODY_DOOR_FREE).passing);
    assert_int_equal(traces, 2);
}

static void one_that_rests_on_too_much_is_not_kept_and_says_so(void **state)
{
    (void)state;
    rests_on.too_many = true;
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 2);
    assert_true(given.too_many);
}

static void one_that_rests_on_variables_is_good_while_they_hold_what_they_did(void **state)
{
    static uintptr_t variable = 7;
    (void)state;
    cst_grounds_add(&rests_on, (uintptr_t)&variable, 7);
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 1);
    assert_int_equal(given.count, 1);
    assert_int_equal(given.words[0].variable, (uintptr_t)&variable);
    assert_int_equal(given.words[0].value, 7);
    variable = 8;
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 2);
}

static void nothing_is_kept_when_a_module_came_or_went(void **state)
{
    (void)state;
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    modules++;
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 2);
    cst_callsite_forget(0x100000, 0x200000);
    (void)trace(0x4000, CUSTODY_DOOR_FREE);
    assert_int_equal(traces, 3);
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_function_is_traced_once_for_each_door),
        TEST(an_answer_that_is_good_for_one_call_is_not_kept),
        TEST(one_that_rests_on_too_much_is_not_kept_and_says_so),
        TEST(one_that_rests_on_variables_is_good_while_they_hold_what_they_did),
        TEST(nothing_is_kept_when_a_module_came_or_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
