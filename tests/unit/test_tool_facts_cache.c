/* The cache of facts files: made once, made anew when there is more to know; and files that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_cache.h"
#include "facts_file.h"
#include "facts_trim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/test_tool_facts_cache.XXXXXX";
static int cache = -1;

static int set_up(void **state)
{
    (void)state;
    char trouble[200];
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    cache = mkdtemp(directory) ? cst_facts_cache_open(directory, trouble, sizeof trouble) : -1;
    return cache < 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)cst_facts_trim(cache, 0, NULL);
    close(cache);
    return rmdir(directory);
}

/* Facts of this program itself. */
static struct cst_facts_made make(bool force)
{
    const struct cst_facts_order order = {.path = "/proc/self/exe", .directory = directory, .force = force};
    struct cst_facts_made made;
    assert_true(cst_facts_cache_make(&order, &made));
    assert_true(made.done);
    return made;
}

static const char *name_of(const struct cst_facts_made *made)
{
    static char name[CST_FACTS_KEY_MAX + sizeof CUSTODY_FACTS_SUFFIX];
    snprintf(name, sizeof name, "%s%s", made->key, CUSTODY_FACTS_SUFFIX);
    return name;
}

/* Writes facts of this program that have no rows and rest on `source`. */
static void write_facts(const struct cst_facts_made *made, enum custody_facts_source source)
{
    struct cst_facts_file file;
    assert_true(cst_facts_file_map(cache, name_of(made), &file));
    struct cst_facts_identity identity = {
        .fingerprint = file.header->fingerprint,
        .module_size = file.header->module_size,
        .build_id_size = file.header->build_id_size,
    };
    memcpy(identity.build_id, file.header->build_id, sizeof identity.build_id);
    cst_facts_file_release(&file);
    const struct cst_facts_rows none = {0};
    assert_true(cst_facts_file_write(cache, name_of(made), &identity, source, &none));
}

static void facts_are_made_once_and_then_kept(void **state)
{
    (void)state;
    struct cst_facts_made first = make(false), second = make(false), forced = make(true);
    assert_false(first.kept);
    assert_true(first.rows > 0);
    assert_true(second.kept);
    assert_int_equal(second.rows, first.rows);
    assert_false(forced.kept);
}

static void facts_that_rest_on_less_are_made_anew(void **state)
{
    (void)state;
    struct cst_facts_made made = make(false); /* tests have debug information */
    write_facts(&made, CUSTODY_FACTS_SYMBOLS);
    struct cst_facts_made again = make(false);
    assert_false(again.kept);
    assert_int_equal(again.rows, made.rows);
    write_facts(&made, CUSTODY_FACTS_DEBUG_INFO);
    again = make(false);
    assert_true(again.kept);
    assert_int_equal(again.rows, 0);
}

static void a_key_that_is_not_the_files_is_refused(void **state)
{
    (void)state;
    struct cst_facts_made made = make(false), other;
    struct cst_facts_order order = {.path = "/proc/self/exe", .key = made.key, .directory = directory};
    assert_true(cst_facts_cache_make(&order, &other));
    order.key = "0123456789";
    assert_false(cst_facts_cache_make(&order, &other));
    assert_false(other.no_module);
    assert_string_equal(other.trouble, "it is not the file that was loaded");
}

static void what_is_no_module_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *path, *trouble;
    } files[] = {
        {"/dev/null", "not a regular file"},
        {"/proc/self/cmdline", "not an ELF file"},
        {"/nonexistent", strerror(ENOENT)},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const struct cst_facts_order order = {.path = files[i].path, .directory = directory};
        struct cst_facts_made made;
        assert_false(cst_facts_cache_make(&order, &made));
        assert_true(made.no_module);
        assert_string_equal(made.trouble, files[i].trouble);
    }
}

/* Changes the byte at `offset` of a file of the cache. */
static void damage(const char *name, off_t offset)
{
    unsigned char byte;
    int fd = openat(cache, name, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    close(fd);
}

static void damaged_files_are_refused_and_made_anew(void **state)
{
    (void)state;
    struct cst_facts_made made = make(false);
    const off_t places[] = {0, 9, 12, 20, 28, 40, 64, 68, 72, 80, 90};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct cst_facts_file file;
        damage(name_of(&made), places[i]);
        assert_false(cst_facts_file_map(cache, name_of(&made), &file));
        assert_non_null(file.trouble);
        assert_false(make(false).kept);
    }
}

static void links_are_not_followed(void **state)
{
    (void)state;
    struct cst_facts_made made = make(false);
    struct cst_facts_file file;
    assert_int_equal(symlinkat(name_of(&made), cache, "link.facts"), 0);
    assert_false(cst_facts_file_map(cache, "link.facts", &file));
    assert_int_equal(unlinkat(cache, "link.facts", 0), 0);
}

static void a_directory_that_others_write_to_is_refused(void **state)
{
    (void)state;
    char trouble[200];
    static const mode_t modes[] = {0777, 0770, 0707};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        trouble[0] = '\0';
        assert_int_equal(chmod(directory, modes[i]), 0);
        assert_int_equal(cst_facts_cache_open(directory, trouble, sizeof trouble), -1);
        assert_non_null(strstr(trouble, "others may write to it"));
    }
}

static void the_default_directory_is_the_users(void **state)
{
    (void)state;
    char path[200];
    setenv("HOME", "/home/me", 1);
    unsetenv("XDG_CACHE_HOME");
    assert_true(cst_facts_cache_directory(path, sizeof path));
    assert_string_equal(path, "/home/me/.cache/custody/facts");
    setenv("XDG_CACHE_HOME", "relative", 1);
    assert_true(cst_facts_cache_directory(path, sizeof path));
    assert_string_equal(path, "/home/me/.cache/custody/facts");
    setenv("XDG_CACHE_HOME", "/cache", 1);
    assert_true(cst_facts_cache_directory(path, sizeof path));
    assert_string_equal(path, "/cache/custody/facts");
    assert_false(cst_facts_cache_directory(path, 10));
    unsetenv("HOME");
    unsetenv("XDG_CACHE_HOME");
    assert_false(cst_facts_cache_directory(path, sizeof path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(facts_are_made_once_and_then_kept),           TEST(facts_that_rest_on_less_are_made_anew),
        TEST(a_key_that_is_not_the_files_is_refused),      TEST(what_is_no_module_is_refused),
        TEST(damaged_files_are_refused_and_made_anew),     TEST(links_are_not_followed),
        TEST(a_directory_that_others_write_to_is_refused), TEST(the_default_directory_is_the_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
