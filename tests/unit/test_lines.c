/* Text files by lines: each line whole as far as the window goes, whatever its length and however the file ends. */
#include "base/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/custody-lines-XXXXXX";
static struct cst_lines lines;

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void begin(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_true(cst_lines_open(&lines, path));
}

static void expect(const char *line)
{
    const char *next = cst_lines_next(&lines);
    assert_non_null(next);
    assert_string_equal(next, line);
}

static void expect_end(void)
{
    assert_null(cst_lines_next(&lines));
    assert_null(cst_lines_next(&lines));
    cst_lines_close(&lines);
}

static void each_line_comes_once_without_its_end(void **state)
{
    (void)state;
    begin("one\n\ntwo words\n");
    expect("one");
    expect("");
    expect("two words");
    expect_end();
}

static void the_last_line_needs_no_end_and_an_empty_file_has_none(void **state)
{
    (void)state;
    begin("one\nlast");
    expect("one");
    expect("last");
    expect_end();
    begin("");
    expect_end();
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    assert_false(cst_lines_open(&lines, "/nonexistent/file"));
}

/* A line of `length` times 'x' between two others. */
static void show_long_line(size_t length, size_t shown)
{
    static char text[3 * CST_LINES_WINDOW + 100], line[CST_LINES_WINDOW + 1];
    (void)snprintf(text, sizeof text, "before\n%*s\nafter\n", (int)length, "");
    memset(text + strlen("before\n"), 'x', length);
    memset(line, 'x', shown);
    line[shown] = '\0';
    begin(text);
    expect("before");
    expect(line);
    expect("after");
    expect_end();
}

static void a_line_longer_than_the_window_is_cut_and_the_next_is_whole(void **state)
{
    (void)state;
    show_long_line(CST_LINES_WINDOW - 1, CST_LINES_WINDOW - 1);
    show_long_line(CST_LINES_WINDOW, CST_LINES_WINDOW);
    show_long_line(CST_LINES_WINDOW + 1, CST_LINES_WINDOW);
    show_long_line(2 * CST_LINES_WINDOW, CST_LINES_WINDOW);
    show_long_line(3 * CST_LINES_WINDOW, CST_LINES_WINDOW);
}

static void lines_are_whole_wherever_the_window_ends(void **state)
{
    (void)state;
    static char text[40 * CST_LINES_WINDOW];
    size_t length = 0;
    for (unsigned i = 0; i < 4000; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "line %u %*s\n", i, (int)(i % 37), "");
    }
    begin(text);
    for (unsigned i = 0; i < 4000; i++) {
        char line[80];
        (void)snprintf(line, sizeof line, "line %u %*s", i, (int)(i % 37), "");
        expect(line);
    }
    expect_end();
}

static void assert_number(const char *text, int base, bool good, uint64_t value, const char *rest)
{
    uint64_t found = 77;
    const char *at = text;
    assert_int_equal(cst_lines_number(&at, base, &found), good);
    assert_int_equal(found, value);
    assert_string_equal(at, rest);
}

static void numbers_are_taken_in_their_base_and_no_more(void **state)
{
    (void)state;
    assert_number("7f8a1c000b20 pos", 16, true, 0x7f8a1c000b20, " pos");
    assert_number("128", 10, true, 128, "");
    assert_number("12ab", 10, true, 12, "ab");
    assert_number("ffffffffffffffff", 16, true, UINT64_MAX, "");
    assert_number("xyz", 16, false, 0, "xyz");
    assert_number("", 10, false, 0, "");
    assert_number("-1", 10, false, 0, "-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_comes_once_without_its_end),
        cmocka_unit_test(the_last_line_needs_no_end_and_an_empty_file_has_none),
        cmocka_unit_test(what_cannot_be_opened_is_said),
        cmocka_unit_test(a_line_longer_than_the_window_is_cut_and_the_next_is_whole),
        cmocka_unit_test(lines_are_whole_wherever_the_window_ends),
        cmocka_unit_test(numbers_are_taken_in_their_base_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
