/* Lets every unit test run a part of itself. TEST_FILTER: only tests whose name matches (CMocka's patterns, `*` and `?`).
 * TEST_SKIP: names of tests to leave out, separated by blanks, each said on stderr; for those that cannot hold under a
 * checker. Linked into each test binary, where it stands before CMocka's own group runner (by the linker's --wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int __real__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown);

/* Whether `name` is one of the words of `list`. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
        bool begins = at == list || at[-1] == ' ';
        bool ends = at[length] == ' ' || at[length] == '\0';

        if (begins && ends) {
            return true;
        }
    }
    return false;
}

int __wrap__cmocka_run_group_tests(const char *group, const struct CMUnitTest *tests, size_t count,
                                   CMFixtureFunction setup, CMFixtureFunction teardown)
{
    const char *pattern = getenv("TEST_FILTER");
    const char *skip = getenv("TEST_SKIP");
    struct CMUnitTest *chosen = calloc(count + 1, sizeof *chosen);
    size_t chosen_count = 0;

    if (chosen == NULL) {
        abort();
    }
    if (pattern != NULL && *pattern != '\0') {
        cmocka_set_test_filter(pattern);
    }
    for (size_t i = 0; i < count; i++) {
        if (skip != NULL && is_listed(skip, tests[i].name)) {
            (void)fprintf(stderr, "left out: %s\n", tests[i].name);
        } else {
            chosen[chosen_count++] = tests[i];
        }
    }
    int failed = __real__cmocka_run_group_tests(group, chosen, chosen_count, setup, teardown);
    free(chosen);
    return failed;
}
