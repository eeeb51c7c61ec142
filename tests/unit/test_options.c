/* Options: every type with good and bad values, the defaults, and messages that name the setting and say what is right. */
#include "entry/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char complaints[4][600];
static unsigned complaint_count;

static void note(const char *message)
{
    assert_in_range(complaint_count, 0, 3);
    (void)snprintf(complaints[complaint_count++], sizeof complaints[0], "%s", message);
}

/* Parses a copy that lives as long as the options' texts. */
static void parse(const char *text)
{
    static char kept[4096];
    complaint_count = 0;
    (void)snprintf(kept, sizeof kept, "%s", text);
    cst_options_parse(kept, note);
}

static void parse_well(const char *text)
{
    parse(text);
    assert_int_equal(complaint_count, 0);
}

static void assert_complaint(const char *text, const char *expected)
{
    parse(text);
    assert_int_equal(complaint_count, 1);
    assert_string_equal(complaints[0], expected);
}

static void assert_defaults(void)
{
    assert_string_equal(cst_options.log, "");
    assert_int_equal(cst_options.fail_on, CST_FAIL_NEVER);
    assert_int_equal(cst_options.exit_code, 99);
    assert_int_equal(cst_options.strict, 0);
    assert_int_equal(cst_options.stacks, 16);
    assert_int_equal(cst_options.leaks, CST_LEAKS_FULL);
    assert_int_equal(cst_options.events, 0);
    assert_string_equal(cst_options.isolate, "");
    assert_int_equal(cst_options.abort, 0);
    assert_string_equal(cst_options.policy, "");
}

static void without_options_the_defaults_of_the_list_hold(void **state)
{
    (void)state;
    complaint_count = 0;
    cst_options_parse(NULL, note);
    assert_defaults();
    parse_well("");
    assert_defaults();
    parse_well(":::");
    assert_defaults();
}

static void each_type_takes_what_it_may(void **state)
{
    (void)state;
    parse_well("log=/tmp/a log.jsonl:fail_on=warning:exit_code=0:strict=yes:stacks=64:leaks=off:isolate=a,b");
    assert_string_equal(cst_options.log, "/tmp/a log.jsonl");
    assert_int_equal(cst_options.fail_on, 1);
    assert_int_equal(cst_options.exit_code, 0);
    assert_int_equal(cst_options.strict, 1);
    assert_int_equal(cst_options.stacks, 64);
    assert_int_equal(cst_options.leaks, CST_LEAKS_OFF);
    assert_string_equal(cst_options.isolate, "a,b");
    assert_string_equal(cst_options.policy, "");
}

static void a_text_may_be_empty_or_hold_an_equals_sign(void **state)
{
    (void)state;
    parse_well("log=a=b:policy=");
    assert_string_equal(cst_options.log, "a=b");
    assert_string_equal(cst_options.policy, "");
}

static void a_switch_takes_four_words_each_way(void **state)
{
    (void)state;
    static const char *const words[2][4] = {{"0", "no", "off", "false"}, {"1", "yes", "on", "true"}};
    for (unsigned on = 0; on < 2; on++) {
        for (size_t i = 0; i < 4; i++) {
            char text[64];
            (void)snprintf(text, sizeof text, "strict=%u:strict=%s", !on, words[on][i]);
            parse_well(text);
            assert_int_equal(cst_options.strict, on);
        }
    }
}

static void words_of_a_choice_have_their_order(void **state)
{
    (void)state;
    static const char *const words[] = {"note", "warning", "error", "never"};
    for (unsigned i = 0; i < 4; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "fail_on=%s", words[i]);
        parse_well(text);
        assert_int_equal(cst_options.fail_on, i);
    }
}

static void the_last_of_several_values_holds(void **state)
{
    (void)state;
    parse_well("stacks=1:stacks=2::stacks=3:");
    assert_int_equal(cst_options.stacks, 3);
}

static void a_bad_switch_is_said_with_the_setting_and_what_it_takes(void **state)
{
    (void)state;
    assert_complaint("strict=maybe", "CUSTODY_OPTIONS: strict=maybe: expected 0 or 1; strict=0 stays");
    assert_complaint("strict=", "CUSTODY_OPTIONS: strict=: expected 0 or 1; strict=0 stays");
    assert_complaint("strict", "CUSTODY_OPTIONS: strict=: expected 0 or 1; strict=0 stays");
    assert_complaint("strict=YES", "CUSTODY_OPTIONS: strict=YES: expected 0 or 1; strict=0 stays");
    assert_complaint("strict=o", "CUSTODY_OPTIONS: strict=o: expected 0 or 1; strict=0 stays");
    assert_int_equal(cst_options.strict, 0);
}

static void a_bad_number_is_said_with_the_setting_and_its_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"65", "-1", "", "x", "1x", "0x10", " 1", "4294967297", "18446744073709551617",
                                      "1.5"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[64], expected[128];
        (void)snprintf(text, sizeof text, "stacks=%s", bad[i]);
        (void)snprintf(expected, sizeof expected,
                       "CUSTODY_OPTIONS: stacks=%s: expected a number from 0 to 64; stacks=16 stays", bad[i]);
        assert_complaint(text, expected);
        assert_int_equal(cst_options.stacks, 16);
    }
    parse_well("exit_code=255:stacks=0");
    assert_int_equal(cst_options.exit_code, 255);
    assert_int_equal(cst_options.stacks, 0);
}

static void a_bad_choice_is_said_with_the_setting_and_its_words(void **state)
{
    (void)state;
    assert_complaint("leaks=some", "CUSTODY_OPTIONS: leaks=some: expected one of off|summary|full; leaks=full stays");
    assert_complaint("leaks=of", "CUSTODY_OPTIONS: leaks=of: expected one of off|summary|full; leaks=full stays");
    assert_complaint("leaks=off|full",
                     "CUSTODY_OPTIONS: leaks=off|full: expected one of off|summary|full; leaks=full stays");
    assert_complaint("leaks=", "CUSTODY_OPTIONS: leaks=: expected one of off|summary|full; leaks=full stays");
    assert_int_equal(cst_options.leaks, CST_LEAKS_FULL);
}

static void a_text_without_a_value_is_said(void **state)
{
    (void)state;
    assert_complaint("log", "CUSTODY_OPTIONS: log=: expected a value, as in log=VALUE; log= stays");
    assert_string_equal(cst_options.log, "");
}

static void an_unknown_name_is_said_with_those_that_there_are(void **state)
{
    (void)state;
    assert_complaint("stack=3",
                     "CUSTODY_OPTIONS: unknown setting 'stack'; there are: log fail_on exit_code strict stacks "
                     "leaks leak_signal events isolate abort policy facts prepare");
    assert_defaults();
}

static void what_is_bad_does_not_harm_what_follows(void **state)
{
    (void)state;
    parse("stacks=many:=:leaks=off:Log=x");
    assert_int_equal(complaint_count, 3);
    assert_int_equal(cst_options.leaks, CST_LEAKS_OFF);
    assert_int_equal(cst_options.stacks, 16);
    assert_non_null(strstr(complaints[1], "unknown setting ''"));
}

static void a_message_about_a_value_of_any_length_fits_and_names_the_setting(void **state)
{
    (void)state;
    char text[4000] = "stacks=";
    memset(text + 7, '9', sizeof text - 8);
    parse(text);
    assert_int_equal(complaint_count, 1);
    assert_non_null(strstr(complaints[0], "CUSTODY_OPTIONS: stacks=999"));
    assert_in_range(strlen(complaints[0]), 100, 511);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_defaults_of_the_list_hold),
        cmocka_unit_test(each_type_takes_what_it_may),
        cmocka_unit_test(a_text_may_be_empty_or_hold_an_equals_sign),
        cmocka_unit_test(a_switch_takes_four_words_each_way),
        cmocka_unit_test(words_of_a_choice_have_their_order),
        cmocka_unit_test(the_last_of_several_values_holds),
        cmocka_unit_test(a_bad_switch_is_said_with_the_setting_and_what_it_takes),
        cmocka_unit_test(a_bad_number_is_said_with_the_setting_and_its_range),
        cmocka_unit_test(a_bad_choice_is_said_with_the_setting_and_its_words),
        cmocka_unit_test(a_text_without_a_value_is_said),
        cmocka_unit_test(an_unknown_name_is_said_with_those_that_there_are),
        cmocka_unit_test(what_is_bad_does_not_harm_what_follows),
        cmocka_unit_test(a_message_about_a_value_of_any_length_fits_and_names_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
