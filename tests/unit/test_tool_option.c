/* Command-line options: forms, operands, complaints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "option.h"

static const char *log_path;
static bool strict;
static struct cst_option_list files;
static const struct cst_option options[] = {
    {.name = "log", .value = &log_path}, {.name = "strict", .flag = &strict}, {.name = "file", .list = &files}, {0}};

static int forget(void **state)
{
    (void)state;
    log_path = NULL;
    strict = false;
    cst_option_list_free(&files);
    return 0;
}

static bool parse(bool stop, int argc, char **argv, int *out_operands)
{
    return cst_option_parse("test", options, stop, argc, argv, out_operands);
}

static void values_follow_or_are_joined_by_equals(void **state)
{
    (void)state;
    char *apart[] = {"--log", "a", NULL};
    char *joined[] = {"--log=b=c", NULL};
    int operands;
    assert_true(parse(false, 2, apart, &operands));
    assert_string_equal(log_path, "a");
    assert_int_equal(operands, 0);
    assert_true(parse(false, 1, joined, &operands));
    assert_string_equal(log_path, "b=c");
}

static void lists_gather_their_values_in_order(void **state)
{
    (void)state;
    char *argv[] = {"--file", "a", "--file=b", "x", "--file", "c", NULL};
    int operands;
    assert_true(parse(false, 6, argv, &operands));
    assert_int_equal(operands, 1);
    assert_int_equal(files.count, 3);
    assert_string_equal(files.items[0], "a");
    assert_string_equal(files.items[1], "b");
    assert_string_equal(files.items[2], "c");
}

static void operands_and_options_may_mix(void **state)
{
    (void)state;
    char *argv[] = {"one", "--strict", "two", "-", NULL};
    int operands;
    assert_true(parse(false, 4, argv, &operands));
    assert_int_equal(operands, 3);
    assert_true(strict);
    assert_string_equal(argv[0], "one");
    assert_string_equal(argv[1], "two");
    assert_string_equal(argv[2], "-");
    assert_null(argv[3]);
}

static void options_of_the_command_are_left_to_it(void **state)
{
    (void)state;
    char *argv[] = {"--log", "a", "ls", "--strict", "--", "-x", NULL};
    int operands;
    assert_true(parse(true, 6, argv, &operands));
    assert_int_equal(operands, 4);
    assert_false(strict);
    assert_string_equal(argv[0], "ls");
    assert_string_equal(argv[1], "--strict");
    assert_string_equal(argv[2], "--");
    assert_null(argv[4]);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    char *argv[] = {"--", "--strict", NULL};
    int operands;
    assert_true(parse(false, 2, argv, &operands));
    assert_int_equal(operands, 1);
    assert_false(strict);
    assert_string_equal(argv[0], "--strict");
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    char *wrong[][3] = {{"--nonsense", NULL}, {"--lo", "x", NULL}, {"--strict=1", NULL}, {"-s", NULL}, {"--log", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int operands;
        assert_false(parse(false, wrong[i][1] ? 2 : 1, wrong[i], &operands));
    }
}

static void numbers_are_decimal_and_in_range(void **state)
{
    (void)state;
    long number = -1;
    assert_true(cst_option_number("test", "n", "0", 0, 64, &number));
    assert_int_equal(number, 0);
    assert_true(cst_option_number("test", "n", "64", 0, 64, &number));
    assert_int_equal(number, 64);
    static const char *const wrong[] = {"65", "-1", "", " 1", "1x", "0x1", "+1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(cst_option_number("test", "n", wrong[i], 0, 64, &number));
    }
    assert_int_equal(number, 64);
}

static void severities_have_names_and_never_only_where_it_makes_sense(void **state)
{
    (void)state;
    int severity = -1;
    assert_true(cst_option_severity("test", "s", "warning", false, &severity));
    assert_int_equal(severity, 1);
    assert_true(cst_option_severity("test", "s", "never", true, &severity));
    assert_int_equal(severity, CST_SEVERITY_NEVER);
    assert_false(cst_option_severity("test", "s", "never", false, &severity));
    assert_false(cst_option_severity("test", "s", "warn", true, &severity));
}

static void words_are_found_by_index(void **state)
{
    (void)state;
    static const char *const words[] = {"off", "summary", "full", NULL};
    int index = -1;
    assert_true(cst_option_word("test", "w", "full", words, &index));
    assert_int_equal(index, 2);
    assert_false(cst_option_word("test", "w", "ful", words, &index));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_follow_or_are_joined_by_equals, forget),
        cmocka_unit_test_setup_teardown(lists_gather_their_values_in_order, forget, forget),
        cmocka_unit_test_setup(operands_and_options_may_mix, forget),
        cmocka_unit_test_setup(options_of_the_command_are_left_to_it, forget),
        cmocka_unit_test_setup(two_dashes_end_the_options, forget),
        cmocka_unit_test_setup(wrong_options_are_refused, forget),
        cmocka_unit_test(numbers_are_decimal_and_in_range),
        cmocka_unit_test(severities_have_names_and_never_only_where_it_makes_sense),
        cmocka_unit_test(words_are_found_by_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
