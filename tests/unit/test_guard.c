/* Guards: intact, and where they are not. */
#include "core/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIZE 64

static void a_guard_that_nobody_wrote_to_is_whole(void **state)
{
    (void)state;
    unsigned char guard[SIZE];
    for (size_t size = 0; size <= SIZE; size++) {
        cst_guard_lay(guard, size, size);
        assert_int_equal(cst_guard_damage_up_to(guard, size, size), 0);
        assert_int_equal(cst_guard_damage_from(guard, size, size), 0);
    }
}

static void damage_reaches_from_the_first_to_the_last_byte_that_was_written(void **state)
{
    (void)state;
    unsigned char guard[SIZE];
    cst_guard_lay(guard, SIZE, 7);
    guard[3] = 0;
    guard[40] = 'x';
    assert_int_equal(cst_guard_damage_up_to(guard, SIZE, 7), 41);
    assert_int_equal(cst_guard_damage_from(guard, SIZE, 7), SIZE - 3);
}

static void zeros_text_and_fillers_are_seen_at_every_place(void **state)
{
    (void)state;
    static const unsigned char data[] = {0, 1, ' ', 'a', 0x7f, 0xff};
    unsigned char guard[SIZE];
    for (uint64_t seed = 0; seed < 200; seed++) {
        for (size_t i = 0; i < sizeof data; i++) {
            cst_guard_lay(guard, SIZE, seed);
            memset(guard, data[i], SIZE);
            assert_int_equal(cst_guard_damage_up_to(guard, SIZE, seed), SIZE);
            assert_int_equal(cst_guard_damage_from(guard, SIZE, seed), SIZE);
        }
    }
}

static void guards_of_two_seeds_differ(void **state)
{
    (void)state;
    unsigned char guard[SIZE];
    cst_guard_lay(guard, SIZE, 1);
    assert_true(cst_guard_damage_up_to(guard, SIZE, 2) > SIZE / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guard_that_nobody_wrote_to_is_whole),
        cmocka_unit_test(damage_reaches_from_the_first_to_the_last_byte_that_was_written),
        cmocka_unit_test(zeros_text_and_fillers_are_seen_at_every_place),
        cmocka_unit_test(guards_of_two_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
