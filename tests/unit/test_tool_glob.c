/* Patterns of names, and LeakSanitizer's patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "glob.h"
#include "leak_pattern.h"

static void stars_and_question_marks_stand_for_characters(void **state)
{
    (void)state;
    assert_true(cst_glob_matches("parse_*", "parse_table"));
    assert_true(cst_glob_matches("*", ""));
    assert_true(cst_glob_matches("a*b*c", "a-b-b-c"));
    assert_true(cst_glob_matches("a**", "a"));
    assert_true(cst_glob_matches("lib?.so", "liba.so"));
    assert_false(cst_glob_matches("lib?.so", "lib.so"));
    assert_false(cst_glob_matches("parse_*", "unparse_table"));
    assert_false(cst_glob_matches("a*b", "abc"));
    assert_false(cst_glob_matches("", "a"));
}

static void all_else_is_itself(void **state)
{
    (void)state;
    assert_true(cst_glob_matches("operator new[]", "operator new[]"));
    assert_false(cst_glob_matches("[ab]", "a"));
    assert_true(cst_glob_matches("a\\*b", "a*b"));
    assert_false(cst_glob_matches("a\\*b", "a-b"));
    assert_true(cst_glob_matches("a\\", "a\\"));
}

static void many_stars_take_no_time(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(cst_glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static void paths_may_begin_at_any_component(void **state)
{
    (void)state;
    assert_true(cst_glob_matches_path("src/*.c", "/home/me/project/src/table.c"));
    assert_true(cst_glob_matches_path("table.c", "/src/table.c"));
    assert_false(cst_glob_matches_path("table.c", "/src/unstable.c"));
    assert_false(cst_glob_matches_path("/table.c", "/src/table.c"));
    assert_true(cst_glob_matches_path("/src/*", "/src/table.c"));
    assert_true(cst_glob_matches_path("*stable.c", "/src/unstable.c"));
}

static void parameters_may_be_left_out(void **state)
{
    (void)state;
    assert_true(cst_glob_matches_function("parse", "parse(int, char (*)(int))"));
    assert_true(cst_glob_matches_function("a::parse", "a::parse(int) const"));
    assert_true(cst_glob_matches_function("parse(int)", "parse(int)"));
    assert_true(cst_glob_matches_function("(anonymous namespace)::f", "(anonymous namespace)::f(int)"));
    assert_false(cst_glob_matches_function("parse", "parse_table(int)"));
    assert_false(cst_glob_matches_function("parse", ")"));
    assert_true(cst_glob_matches_function("x)", "x)"));
}

static void leak_patterns_are_found_anywhere(void **state)
{
    (void)state;
    assert_true(cst_leak_pattern_matches("Bar", "FooBarBaz"));
    assert_true(cst_leak_pattern_matches("", "anything"));
    assert_true(cst_leak_pattern_matches("*", "anything"));
    assert_true(cst_leak_pattern_matches("F*Baz", "xFooBarBazx"));
    assert_false(cst_leak_pattern_matches("Baz*F", "FooBarBaz"));
    assert_false(cst_leak_pattern_matches("bar", "FooBarBaz"));
    assert_false(cst_leak_pattern_matches("", ""));
    assert_false(cst_leak_pattern_matches("*", ""));
}

static void leak_patterns_can_be_anchored(void **state)
{
    (void)state;
    assert_true(cst_leak_pattern_matches("^Foo", "FooBar"));
    assert_false(cst_leak_pattern_matches("^Bar", "FooBar"));
    assert_true(cst_leak_pattern_matches("^*Bar", "FooBar"));
    assert_true(cst_leak_pattern_matches("Bar$", "FooBar"));
    assert_false(cst_leak_pattern_matches("Foo$", "FooBar"));
    assert_true(cst_leak_pattern_matches("Foo*$", "FooBar"));
    assert_true(cst_leak_pattern_matches("^FooBar$", "FooBar"));
    assert_true(cst_leak_pattern_matches("Bar$ and more", "FooBar"));
}

/* As in LeakSanitizer's runtime, so that a file means the same in both. */
static void leak_patterns_take_the_first_place(void **state)
{
    (void)state;
    assert_false(cst_leak_pattern_matches("Bar$", "BarBar"));
    assert_true(cst_leak_pattern_matches("*Bar*Bar$", "BarBar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stars_and_question_marks_stand_for_characters),
        cmocka_unit_test(all_else_is_itself),
        cmocka_unit_test(many_stars_take_no_time),
        cmocka_unit_test(paths_may_begin_at_any_component),
        cmocka_unit_test(parameters_may_be_left_out),
        cmocka_unit_test(leak_patterns_are_found_anywhere),
        cmocka_unit_test(leak_patterns_can_be_anchored),
        cmocka_unit_test(leak_patterns_take_the_first_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
