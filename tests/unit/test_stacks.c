/* Known stacks: found by any address in them while they are known; a full table forgets nobody. */
#include "core/stacks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_stack_is_found_from_its_first_byte_to_its_last(void **state)
{
    (void)state;
    struct cst_stack_bounds stack = {.lo = 0x1000, .hi = 0x3000}, found;
    unsigned place = cst_stacks_add(&stack);
    assert_true(cst_stacks_find(0x1000, &found));
    assert_int_equal(found.lo, 0x1000);
    assert_int_equal(found.hi, 0x3000);
    assert_true(cst_stacks_find(0x2fff, &found));
    assert_false(cst_stacks_find(0xfff, &found));
    assert_false(cst_stacks_find(0x3000, &found));
    cst_stacks_remove(place);
    assert_false(cst_stacks_find(0x1000, &found));
}

static void bounds_that_are_not_known_take_no_place(void **state)
{
    (void)state;
    struct cst_stack_bounds unknown = {.lo = 0, .hi = 0}, found;
    assert_int_equal(cst_stacks_add(&unknown), CST_STACKS_MAX);
    cst_stacks_remove(CST_STACKS_MAX);
    assert_false(cst_stacks_find(0, &found));
}

static void a_full_table_turns_new_stacks_away_until_one_leaves(void **state)
{
    (void)state;
    struct cst_stack_bounds found;
    for (unsigned i = 0; i < CST_STACKS_MAX; i++) {
        struct cst_stack_bounds stack = {.lo = (i + 1) * 0x1000, .hi = (i + 2) * 0x1000};
        assert_int_equal(cst_stacks_add(&stack), i);
    }
    struct cst_stack_bounds late = {.lo = 0x900000000, .hi = 0x900001000};
    assert_int_equal(cst_stacks_add(&late), CST_STACKS_MAX);
    assert_true(cst_stacks_find(CST_STACKS_MAX * 0x1000, &found));
    cst_stacks_remove(7);
    assert_int_equal(cst_stacks_add(&late), 7);
    assert_true(cst_stacks_find(0x900000fff, &found));
    cst_stacks_clear();
    assert_false(cst_stacks_find(0x900000fff, &found));
    assert_int_equal(cst_stacks_add(&late), 0);
    cst_stacks_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_is_found_from_its_first_byte_to_its_last),
        cmocka_unit_test(bounds_that_are_not_known_take_no_place),
        cmocka_unit_test(a_full_table_turns_new_stacks_away_until_one_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
