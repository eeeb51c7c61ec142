/* Where facts are looked for, by settings and environment: seen by what the runtime's floor below is told. */
#include "entry/facts_place.h"

#include "entry/options.h"
#include "site/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct cst_facts_source told;
static char noticed[256];

void __wrap_cst_facts_setup(const struct cst_facts_source *source);

void __wrap_cst_facts_setup(const struct cst_facts_source *source)
{
    told = *source;
}

static void notice(const char *text)
{
    snprintf(noticed, sizeof noticed, "%s", text);
}

static void complain(const char *text)
{
    fail_msg("%s", text);
}

/* Finds the place with these settings and variables, NULL for those that are not set. */
static void find(const char *settings, const char *cache, const char *home)
{
    static char text[256]; /* kept by the options */
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    if (cache) {
        setenv("XDG_CACHE_HOME", cache, 1);
    }
    if (home) {
        setenv("HOME", home, 1);
    }
    snprintf(text, sizeof text, "%s", settings);
    cst_options_parse(text, complain);
    noticed[0] = '\0';
    cst_facts_place_find(notice);
}

static void the_setting_comes_first(void **state)
{
    (void)state;
    find("facts=/given:prepare=somewhere", "/cache", "/home/me");
    assert_string_equal(told.directory, "/given");
    assert_string_equal(told.prepare, "somewhere");
    assert_ptr_equal(told.notice, notice);
}

static void the_cache_of_the_user_is_the_usual_place(void **state)
{
    (void)state;
    find("", "/cache", "/home/me");
    assert_string_equal(told.directory, "/cache/custody/facts");
    find("", NULL, "/home/me");
    assert_string_equal(told.directory, "/home/me/.cache/custody/facts");
    find("facts=", "relative", "/home/me");
    assert_string_equal(told.directory, "/home/me/.cache/custody/facts");
    assert_string_equal(told.prepare, "");
}

static void without_an_absolute_path_there_is_none(void **state)
{
    (void)state;
    find("", NULL, NULL);
    assert_null(told.directory);
    find("", "relative", "relative");
    assert_null(told.directory);
    find("", "", "");
    assert_null(told.directory);
    assert_string_equal(noticed, "");
}

static void a_relative_setting_is_said_and_is_none(void **state)
{
    (void)state;
    find("facts=relative:prepare=somewhere", "/cache", "/home/me");
    assert_null(told.directory);
    assert_non_null(strstr(noticed, "facts=relative: expected an absolute path"));
}

static void before_libc_has_an_environment_the_kernels_counts(void **state)
{
    (void)state;
    char **before = environ;
    setenv("XDG_CACHE_HOME", "/changed", 1); /* which the kernel does not know of */
    environ = NULL;
    static char none[1];
    cst_options_parse(none, complain);
    cst_facts_place_find(notice);
    environ = before;
    assert_string_equal(told.directory, "/as/started/custody/facts");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_setting_comes_first),
        cmocka_unit_test(the_cache_of_the_user_is_the_usual_place),
        cmocka_unit_test(without_an_absolute_path_there_is_none),
        cmocka_unit_test(a_relative_setting_is_said_and_is_none),
        cmocka_unit_test(before_libc_has_an_environment_the_kernels_counts),
    };
    (void)argc;
    if (!getenv("STARTED_AS_WANTED")) {
        setenv("STARTED_AS_WANTED", "1", 1);
        setenv("XDG_CACHE_HOME", "/as/started", 1);
        execv("/proc/self/exe", argv);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
