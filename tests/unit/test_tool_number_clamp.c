/* Integers that JSON may hold and 63 bits do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "number_clamp.h"

static void assert_becomes(const char *text, const char *expected)
{
    char bytes[200];
    size_t length = strlen(text);
    assert_true(length < sizeof bytes);
    memcpy(bytes, text, length + 1);
    cst_number_clamp(bytes, length);
    assert_string_equal(bytes, expected);
    assert_int_equal(strlen(bytes), length);
}

static void integers_that_fit_stay(void **state)
{
    (void)state;
    assert_becomes("[0,12,9223372036854775807,-9223372036854775807]",
                   "[0,12,9223372036854775807,-9223372036854775807]");
    assert_becomes("", "");
    assert_becomes("7", "7");
}

static void larger_ones_become_the_largest(void **state)
{
    (void)state;
    assert_becomes("[9223372036854775808]", "[9223372036854775807]");
    assert_becomes("{\"a\":18446744073709551615}", "{\"a\":9223372036854775807 }");
    assert_becomes("-99999999999999999999999", "-9223372036854775807    ");
}

static void fractions_exponents_and_strings_stay(void **state)
{
    (void)state;
    const char *same = "[1.99999999999999999999,99999999999999999999.5,1e99999999999999999999,2E+99999999999999999999,"
                       "\"99999999999999999999 \\\" 99999999999999999999\"]";
    assert_becomes(same, same);
}

static void text_that_is_no_json_does_no_harm(void **state)
{
    (void)state;
    assert_becomes("\"99999999999999999999", "\"99999999999999999999");
    assert_becomes("\"\\", "\"\\");
    assert_becomes("99999999999999999999", "9223372036854775807 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_that_fit_stay),
        cmocka_unit_test(larger_ones_become_the_largest),
        cmocka_unit_test(fractions_exponents_and_strings_stay),
        cmocka_unit_test(text_that_is_no_json_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
