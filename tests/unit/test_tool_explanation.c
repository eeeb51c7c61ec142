/* Explanations: each kind has one, and a slip of the finger finds its kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "explanation.h"
#include "usage.h"

static void every_kind_has_an_explanation_with_all_its_parts(void **state)
{
    (void)state;
    static const char *const parts[] = {"\nReport:\n", "\nFix: ", "\nNot reported: "};
    for (int kind = 0; kind < CUSTODY_FINDING_COUNT; kind++) {
        const char *text = cst_explanations[kind];
        assert_non_null(text);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            assert_non_null(strstr(text, parts[i]));
        }
        assert_null(strstr(text, "```"));
        const char *name = custody_finding_name((enum custody_finding_kind)kind);
        assert_non_null(strstr(strstr(text, "\nReport:\n"), name));
    }
}

static void kinds_are_found_by_name_only(void **state)
{
    (void)state;
    assert_int_equal(cst_explanation_kind("leak"), CUSTODY_FINDING_LEAK);
    assert_int_equal(cst_explanation_kind("lea"), CUSTODY_FINDING_COUNT);
    assert_int_equal(cst_explanation_kind(""), CUSTODY_FINDING_COUNT);
}

static void the_nearest_kind_is_suggested(void **state)
{
    (void)state;
    assert_int_equal(cst_explanation_nearest("doublefree"), CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(cst_explanation_nearest("leaks"), CUSTODY_FINDING_LEAK);
    assert_int_equal(cst_explanation_nearest("cross-allocator"), CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    char endless[4096];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_true(cst_explanation_nearest(endless) < CUSTODY_FINDING_COUNT);
}

static void only_commands_have_help(void **state)
{
    (void)state;
    assert_non_null(cst_usage_text("run"));
    assert_null(cst_usage_text("ru"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_an_explanation_with_all_its_parts),
        cmocka_unit_test(kinds_are_found_by_name_only),
        cmocka_unit_test(the_nearest_kind_is_suggested),
        cmocka_unit_test(only_commands_have_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
