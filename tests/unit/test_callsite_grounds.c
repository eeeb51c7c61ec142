/* Grounds: sets of variables, kept once each, that hold until one of them changes. */
#include "site/callsite_grounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uintptr_t variables[CST_GROUNDS_MAX + 1];

static struct cst_grounds grounds_of(size_t count)
{
    struct cst_grounds grounds = {0};
    for (size_t i = 0; i < count; i++) {
        cst_grounds_add(&grounds, (uintptr_t)&variables[i], variables[i]);
    }
    return grounds;
}

static void a_variable_is_noted_once_and_too_many_are_said(void **state)
{
    (void)state;
    struct cst_grounds grounds = grounds_of(2);
    cst_grounds_add(&grounds, (uintptr_t)&variables[0], 99);
    assert_int_equal(grounds.count, 2);
    assert_int_equal(grounds.words[0].value, variables[0]);
    assert_false(grounds_of(CST_GROUNDS_MAX).too_many);
    assert_true(grounds_of(CST_GROUNDS_MAX + 1).too_many);
}

static void equal_sets_are_one_and_different_ones_are_not(void **state)
{
    (void)state;
    struct cst_grounds one = grounds_of(1), two = grounds_of(2);
    uint16_t number = cst_grounds_keep(&one, 5);
    assert_int_not_equal(number, CST_GROUNDS_NONE);
    assert_int_equal(cst_grounds_keep(&one, 5), number);
    assert_int_not_equal(cst_grounds_keep(&two, 5), number);
    assert_int_not_equal(cst_grounds_keep(&one, 6), number);
    assert_int_equal(cst_grounds_kept[number].module, 5);
}

static void a_set_holds_as_long_as_each_variable_does(void **state)
{
    (void)state;
    struct cst_grounds grounds = grounds_of(3);
    uint16_t number = cst_grounds_keep(&grounds, 5);
    for (size_t i = 0; i < 3; i++) {
        assert_true(cst_grounds_hold(number));
        variables[i] = 7;
        assert_false(cst_grounds_hold(number));
        variables[i] = 0;
    }
    assert_true(cst_grounds_hold(number));
    assert_false(cst_grounds_hold(CST_GROUNDS_NONE));
}

/* The second may be in a module that has gone; only the first says that nobody comes to it. */
static void a_later_variable_is_not_read_once_an_earlier_one_changed(void **state)
{
    (void)state;
    struct cst_grounds grounds = grounds_of(1);
    cst_grounds_add(&grounds, 16, 0);
    uint16_t number = cst_grounds_keep(&grounds, 5);
    variables[0] = 1;
    assert_false(cst_grounds_hold(number));
    variables[0] = 0;
}

static void a_set_is_found_by_where_its_variables_lie(void **state)
{
    (void)state;
    struct cst_grounds grounds = grounds_of(2);
    uint16_t number = cst_grounds_keep(&grounds, 5);
    uintptr_t first = (uintptr_t)&variables[0], second = (uintptr_t)&variables[1];
    assert_true(cst_grounds_lie_in(number, first, first + 1));
    assert_true(cst_grounds_lie_in(number, second, second + 8));
    assert_false(cst_grounds_lie_in(number, second + 8, second + 800));
    assert_false(cst_grounds_lie_in(number, 0, first));
}

static void when_no_more_fit_there_is_no_number(void **state)
{
    (void)state;
    uint16_t number = 1;
    for (uintptr_t value = 1000; number != CST_GROUNDS_NONE && value < 100000; value++) {
        struct cst_grounds grounds = {0};
        cst_grounds_add(&grounds, (uintptr_t)&variables[0], value);
        number = cst_grounds_keep(&grounds, 5);
    }
    assert_int_equal(number, CST_GROUNDS_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_noted_once_and_too_many_are_said),
        cmocka_unit_test(equal_sets_are_one_and_different_ones_are_not),
        cmocka_unit_test(a_set_holds_as_long_as_each_variable_does),
        cmocka_unit_test(a_later_variable_is_not_read_once_an_earlier_one_changed),
        cmocka_unit_test(a_set_is_found_by_where_its_variables_lie),
        cmocka_unit_test(when_no_more_fit_there_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
