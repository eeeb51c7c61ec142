/* A cache of facts files kept small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_trim.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char directory[] = "/tmp/test_tool_facts_trim.XXXXXX";
static int cache = -1;

static int set_up(void **state)
{
    (void)state;
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    cache = mkdtemp(directory) ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    return cache < 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)cst_facts_trim(cache, 0, NULL);
    close(cache);
    return rmdir(directory);
}

static void make_file(const char *name, size_t size, time_t used)
{
    const struct timespec times[2] = {{.tv_sec = used}, {.tv_sec = used}};
    int fd = openat(cache, name, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static int is_there(const char *name)
{
    return faccessat(cache, name, F_OK, 0) == 0;
}

static void trimming_takes_what_was_not_used_for_the_longest_time(void **state)
{
    (void)state;
    uint64_t bytes = 0;
    make_file("aa.facts", 1000, 300);
    make_file("bb.facts", 1000, 100);
    make_file("cc.facts", 1000, 200);
    assert_int_equal(cst_facts_trim(cache, 3000, &bytes), 0);
    assert_int_equal(cst_facts_trim(cache, 2500, &bytes), 1);
    assert_int_equal(bytes, 1000);
    assert_false(is_there("bb.facts"));
    assert_int_equal(cst_facts_trim(cache, 1000, NULL), 1);
    assert_false(is_there("cc.facts"));
    assert_true(is_there("aa.facts"));
}

static void trimming_leaves_other_files_but_old_unfinished_ones(void **state)
{
    (void)state;
    make_file("notes", 1000, 100);
    make_file(".facts-aa.facts-1", 1000, 100);
    make_file(".facts-bb.facts-1", 1000, time(NULL));
    assert_int_equal(cst_facts_trim(cache, 0, NULL), 0);
    assert_true(is_there("notes"));
    assert_false(is_there(".facts-aa.facts-1"));
    assert_true(is_there(".facts-bb.facts-1"));
    unlinkat(cache, "notes", 0);
    unlinkat(cache, ".facts-bb.facts-1", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trimming_takes_what_was_not_used_for_the_longest_time),
        TEST(trimming_leaves_other_files_but_old_unfinished_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
