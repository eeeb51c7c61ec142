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

/* Whether any stack of a thread that ended is told that begins at `lo`. */
static bool has_ended(uintptr_t lo, uintptr_t control_block)
{
    struct cst_stack_bounds stack;
    for (unsigned i = 0; cst_stacks_ended(i, &stack); i++) {
        if (stack.lo == lo && stack.hi == control_block) {
            return true;
        }
    }
    return false;
}

static void a_thread_that_ends_leaves_its_stack_up_to_its_control_block(void **state)
{
    (void)state;
    struct cst_stack_bounds stack = {.lo = 0x10000, .hi = 0x20000}, found;
    cst_stacks_end(cst_stacks_add(&stack), 0x1f000);
    assert_false(cst_stacks_find(0x10000, &found));
    assert_true(has_ended(0x10000, 0x1f000));
    cst_stacks_end(CST_STACKS_MAX, 0x1f000);
}

static void a_control_block_elsewhere_says_nothing_of_the_stack(void **state)
{
    (void)state;
    struct cst_stack_bounds stack = {.lo = 0x50000, .hi = 0x60000}, found;
    cst_stacks_end(cst_stacks_add(&stack), 0x60000);
    assert_false(has_ended(0x50000, 0x60000));
    assert_false(cst_stacks_find(0x50000, &found));
}

static void a_stack_that_is_in_use_again_has_not_ended(void **state)
{
    (void)state;
    struct cst_stack_bounds stack = {.lo = 0x30000, .hi = 0x40000}, next = {.lo = 0x40000, .hi = 0x50000};
    cst_stacks_end(cst_stacks_add(&stack), 0x3f000);
    cst_stacks_remove(cst_stacks_add(&next));
    assert_true(has_ended(0x30000, 0x3f000));
    unsigned place = cst_stacks_add(&stack);
    assert_false(has_ended(0x30000, 0x3f000));
    cst_stacks_remove(place);
}

static void the_last_ends_are_remembered(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 2 * CST_STACKS_ENDED_MAX; i++) {
        struct cst_stack_bounds stack = {.lo = 0x100000 * (i + 1), .hi = 0x100000 * (i + 1) + 0x10000};
        cst_stacks_end(cst_stacks_add(&stack), stack.hi - 0x1000);
    }
    for (uintptr_t i = 0; i < 2 * CST_STACKS_ENDED_MAX; i++) {
        uintptr_t lo = 0x100000 * (i + 1);
        assert_int_equal(has_ended(lo, lo + 0xf000), i >= CST_STACKS_ENDED_MAX);
    }
    struct cst_stack_bounds stack;
    assert_false(cst_stacks_ended(CST_STACKS_ENDED_MAX, &stack));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_is_found_from_its_first_byte_to_its_last),
        cmocka_unit_test(bounds_that_are_not_known_take_no_place),
        cmocka_unit_test(a_thread_that_ends_leaves_its_stack_up_to_its_control_block),
        cmocka_unit_test(a_control_block_elsewhere_says_nothing_of_the_stack),
        cmocka_unit_test(a_stack_that_is_in_use_again_has_not_ended),
        cmocka_unit_test(the_last_ends_are_remembered),
        cmocka_unit_test(a_full_table_turns_new_stacks_away_until_one_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
