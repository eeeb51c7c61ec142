/* Text in fixed buffers: what is appended, what is cut, and that JSON strings are valid UTF-8 whatever goes in. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    char bytes[128];
    struct cst_text text;
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(fixture.bytes, '#', sizeof fixture.bytes);
    cst_text_init(&fixture.text, fixture.bytes, sizeof fixture.bytes, 0);
    *state = &fixture;
    return 0;
}

static void expect_json(struct cst_text *text, const char *bytes, size_t size, const char *expected)
{
    struct cst_text_mark mark = cst_text_mark(text);
    cst_text_json(text, bytes, size);
    assert_string_equal(text->bytes + mark.length, expected);
    cst_text_drop(text, mark);
}

static void appends_follow_each_other_and_stay_terminated(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    assert_string_equal(text->bytes, "");
    cst_text_string(text, "one");
    cst_text_char(text, ' ');
    cst_text_bytes(text, "two!", 3);
    cst_text_string(text, NULL);
    assert_string_equal(text->bytes, "one two");
    assert_int_equal(text->length, 7);
    assert_int_equal(text->losses, 0);
}

static void numbers_are_spelled_as_printf_spells_them(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    cst_text_unsigned(text, UINT64_MAX, 0);
    cst_text_char(text, ' ');
    cst_text_unsigned(text, 42, 6);
    cst_text_char(text, ' ');
    cst_text_signed(text, INT64_MIN);
    cst_text_char(text, ' ');
    cst_text_signed(text, 0);
    cst_text_char(text, ' ');
    cst_text_hex(text, 0xfeedU, 0);
    cst_text_char(text, ' ');
    cst_text_hex(text, 0xaU, 16);
    assert_string_equal(text->bytes, "18446744073709551615 000042 -9223372036854775808 0 feed 000000000000000a");
}

static void a_format_makes_what_printf_makes(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    char expected[128];
#define ARGUMENTS "s", 'c', -5, 4000000000U, 255U, -1L, 8UL, (size_t)9, 10UL, 11ULL, 12UL
#define FORMAT "%s %c %d %u %x %ld %lu %zu %016lx %06llu %% %lx|"
    (void)snprintf(expected, sizeof expected, FORMAT, ARGUMENTS);
    cst_text_format(text, FORMAT, ARGUMENTS);
    assert_string_equal(text->bytes, expected);
}

static void a_format_survives_null_strings_and_unknown_letters(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    const char *format = "%s %q %";
    const char *volatile none = NULL;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    cst_text_format(text, format, none);
#pragma GCC diagnostic pop
    assert_string_equal(text->bytes, "(null) %q %");
}

static void what_does_not_fit_is_cut_and_remembered(void **state)
{
    struct fixture *fixture = *state;
    struct cst_text *text = &fixture->text;
    cst_text_init(text, fixture->bytes, 8, 0);
    cst_text_string(text, "12345678");
    assert_string_equal(text->bytes, "1234567");
    assert_int_equal(text->losses, 1);
    cst_text_string(text, "");
    cst_text_char(text, 'x');
    assert_string_equal(text->bytes, "1234567");
    assert_int_equal(fixture->bytes[8], '#');
}

static void an_element_is_kept_wholly_or_not_at_all(void **state)
{
    struct fixture *fixture = *state;
    struct cst_text *text = &fixture->text;
    cst_text_init(text, fixture->bytes, 8, 0);
    cst_text_string(text, "ab");
    struct cst_text_mark mark = cst_text_mark(text);
    cst_text_string(text, "cdefgh");
    assert_false(cst_text_keep(text, mark));
    assert_string_equal(text->bytes, "ab");
    assert_int_equal(text->losses, 1);

    mark = cst_text_mark(text);
    cst_text_string(text, "cdefg");
    assert_true(cst_text_keep(text, mark));
    assert_string_equal(text->bytes, "abcdefg");
    assert_int_equal(text->losses, 1);
}

static void an_element_that_lost_a_part_is_not_kept(void **state)
{
    struct fixture *fixture = *state;
    struct cst_text *text = &fixture->text;
    cst_text_init(text, fixture->bytes, 8, 0);
    struct cst_text_mark outer = cst_text_mark(text);
    struct cst_text_mark inner = cst_text_mark(text);
    cst_text_string(text, "too long for it");
    assert_false(cst_text_keep(text, inner));
    cst_text_string(text, "ok");
    assert_false(cst_text_keep(text, outer));
    assert_string_equal(text->bytes, "");
}

static void the_reserve_is_there_for_the_end(void **state)
{
    struct fixture *fixture = *state;
    struct cst_text *text = &fixture->text;
    cst_text_init(text, fixture->bytes, 8, 2);
    cst_text_string(text, "123456789");
    assert_string_equal(text->bytes, "12345");
    cst_text_end(text, ']');
    cst_text_end(text, '}');
    assert_string_equal(text->bytes, "12345]}");
    assert_int_equal(fixture->bytes[8], '#');
}

static void control_bytes_never_reach_a_terminal(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    cst_text_printable(text, "a\x1b[2Jb\nc\x7f\xc3\xa9");
    assert_string_equal(text->bytes, "a?[2Jb?c?\xc3\xa9");
}

static void json_escapes_quotes_backslashes_and_controls(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    expect_json(text, "a\"b\\c\n\t\x01\x7f\0z", 11, "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\\u0000z\"");
    expect_json(text, "", 0, "\"\"");
}

static void json_keeps_well_formed_utf8(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    const char *good =
        "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf";
    char expected[64];
    (void)snprintf(expected, sizeof expected, "\"%s\"", good);
    expect_json(text, good, strlen(good), expected);
}

static void json_replaces_each_byte_that_is_not_utf8(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
#define U "\xef\xbf\xbd"
    expect_json(text, "\x80", 1, "\"" U "\"");
    expect_json(text,
                "\xff"
                "a",
                2, "\"" U "a\"");
    expect_json(text, "\xc0\xaf", 2, "\"" U U "\"");             /* overlong */
    expect_json(text, "\xe0\x80\x80", 3, "\"" U U U "\"");       /* overlong */
    expect_json(text, "\xed\xa0\x80", 3, "\"" U U U "\"");       /* surrogate */
    expect_json(text, "\xf4\x90\x80\x80", 4, "\"" U U U U "\""); /* above U+10FFFF */
    expect_json(text, "\xe2\x82", 2, "\"" U U "\"");             /* cut short */
    expect_json(text,
                "\xc3"
                "(",
                2, "\"" U "(\"");
}

static void json_never_reads_behind_its_bytes(void **state)
{
    struct cst_text *text = &((struct fixture *)*state)->text;
    const char bytes[] = "\xe2\x82\xac"; /* the euro sign, of which only a part may be seen */
    expect_json(text, bytes, 2, "\"" U U "\"");
    expect_json(text, bytes, 3, "\"\xe2\x82\xac\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(appends_follow_each_other_and_stay_terminated, setup),
        cmocka_unit_test_setup(numbers_are_spelled_as_printf_spells_them, setup),
        cmocka_unit_test_setup(a_format_makes_what_printf_makes, setup),
        cmocka_unit_test_setup(a_format_survives_null_strings_and_unknown_letters, setup),
        cmocka_unit_test_setup(what_does_not_fit_is_cut_and_remembered, setup),
        cmocka_unit_test_setup(an_element_is_kept_wholly_or_not_at_all, setup),
        cmocka_unit_test_setup(an_element_that_lost_a_part_is_not_kept, setup),
        cmocka_unit_test_setup(the_reserve_is_there_for_the_end, setup),
        cmocka_unit_test_setup(control_bytes_never_reach_a_terminal, setup),
        cmocka_unit_test_setup(json_escapes_quotes_backslashes_and_controls, setup),
        cmocka_unit_test_setup(json_keeps_well_formed_utf8, setup),
        cmocka_unit_test_setup(json_replaces_each_byte_that_is_not_utf8, setup),
        cmocka_unit_test_setup(json_never_reads_behind_its_bytes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
