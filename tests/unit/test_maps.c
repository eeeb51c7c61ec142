/* The reader of /proc/self/maps, on this process and on lists made for it. */
#include "base/maps.h"

#include "plat/sys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 30000

static char list_path[] = "/tmp/custody_maps_XXXXXX";

struct seen {
    size_t count;
    uintptr_t last_hi;
    bool ascending;
    struct cst_mapping last;
    char last_name[8192];
};

static bool remember(const struct cst_mapping *mapping, void *context)
{
    struct seen *seen = context;
    seen->ascending =
        (seen->count == 0 || (seen->ascending && mapping->lo >= seen->last_hi)) && mapping->hi > mapping->lo;
    seen->count++;
    seen->last_hi = mapping->hi;
    seen->last = *mapping;
    (void)snprintf(seen->last_name, sizeof seen->last_name, "%s", mapping->name);
    return true;
}

struct wanted {
    uintptr_t address;
    struct seen seen;
};

static bool remember_wanted(const struct cst_mapping *mapping, void *context)
{
    struct wanted *wanted = context;
    if (wanted->address < mapping->lo || wanted->address >= mapping->hi) {
        return true;
    }
    remember(mapping, &wanted->seen);
    return false;
}

static int make_list(void **state)
{
    (void)state;
    (void)strcpy(list_path, "/tmp/custody_maps_XXXXXX");
    int fd = mkstemp(list_path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_list(void **state)
{
    (void)state;
    return unlink(list_path);
}

static struct seen read_list(const char *text, size_t size)
{
    int fd = open(list_path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    close(fd);
    struct seen seen = {0};
    assert_true(cst_maps_each_in(list_path, remember, &seen));
    return seen;
}

static void this_process_is_listed_in_ascending_order(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_true(cst_maps_each(remember, &seen));
    assert_true(seen.count > 10);
    assert_true(seen.ascending);
}

static void a_mapping_is_found_with_its_permissions(void **state)
{
    (void)state;
    char *page = mmap(NULL, 3 * CST_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_int_equal(mprotect(page + CST_PAGE_SIZE, CST_PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    struct wanted wanted = {.address = (uintptr_t)page + CST_PAGE_SIZE + 1};
    assert_true(cst_maps_each(remember_wanted, &wanted));
    assert_int_equal(wanted.seen.count, 1);
    assert_ptr_equal(wanted.seen.last.lo, page + CST_PAGE_SIZE);
    assert_ptr_equal(wanted.seen.last.hi, page + 2 * CST_PAGE_SIZE);
    assert_true(wanted.seen.last.readable && wanted.seen.last.writable);
    assert_false(wanted.seen.last.executable || wanted.seen.last.shared);
    assert_string_equal(wanted.seen.last_name, "");
    munmap(page, 3 * CST_PAGE_SIZE);
}

static void code_has_the_name_of_its_file(void **state)
{
    (void)state;
    char executable[4096];
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    assert_true(length > 0);
    executable[length] = '\0';
    struct wanted wanted = {.address = (uintptr_t)&code_has_the_name_of_its_file};
    assert_true(cst_maps_each(remember_wanted, &wanted));
    assert_true(wanted.seen.last.executable);
    assert_true(wanted.seen.last.inode != 0);
    assert_string_equal(wanted.seen.last_name, executable);
}

static void every_field_of_a_line_is_read(void **state)
{
    (void)state;
    const char *line =
        "7f0000001000-7f00000ff000 r-xs 0001f000 fe:01 123456789                 /a path/with spaces (deleted)\n";
    struct seen seen = read_list(line, strlen(line));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.lo, 0x7f0000001000);
    assert_int_equal(seen.last.hi, 0x7f00000ff000);
    assert_true(seen.last.readable && !seen.last.writable && seen.last.executable && seen.last.shared);
    assert_int_equal(seen.last.offset, 0x1f000);
    assert_int_equal(seen.last.inode, 123456789);
    assert_string_equal(seen.last_name, "/a path/with spaces (deleted)");
}

static void lines_in_another_format_are_skipped(void **state)
{
    (void)state;
    const char *lines = "\n-\nzz-00 r\n1000-2000\n1000-2000 r-\n1000-2000 rw-p 0 00:00 x\n"
                        "1000-2000 rw-p 00000000 00:00 0 \nno newline at the end";
    struct seen seen = read_list(lines, strlen(lines));
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.lo, 0x1000);
}

static void a_name_longer_than_the_buffer_is_cut_and_the_next_line_is_whole(void **state)
{
    (void)state;
    static char lines[32768];
    int length = snprintf(lines, sizeof lines, "1000-2000 rw-p 00000000 00:00 7 /");
    memset(lines + length, 'n', 20000);
    /* What follows the cut must not be taken for a line, whatever it looks like. */
    for (size_t at = 4096; at < 20000; at += 4096) {
        memcpy(lines + at, "5000-6000 rw-p 00000000 00:00 9 /", strlen("5000-6000 rw-p 00000000 00:00 9 /"));
    }
    (void)strcpy(lines + length + 20000, "\n3000-4000 rw-p 00000000 00:00 8 /next\n");
    struct seen seen = read_list(lines, strlen(lines));
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.last.lo, 0x3000);
    assert_string_equal(seen.last_name, "/next");
}

static void tens_of_thousands_of_mappings_are_all_seen(void **state)
{
    (void)state;
    char *area = mmap(NULL, 2 * MANY * CST_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(area != MAP_FAILED);
    size_t made = 0;
    while (made < MANY && mprotect(area + 2 * made * CST_PAGE_SIZE, CST_PAGE_SIZE, PROT_READ) == 0) {
        made++;
    }
    struct wanted last = {.address = (uintptr_t)area + 2 * (made - 1) * CST_PAGE_SIZE};
    struct seen all = {0};
    assert_true(cst_maps_each(remember_wanted, &last));
    assert_true(cst_maps_each(remember, &all));
    munmap(area, 2 * MANY * CST_PAGE_SIZE);
    assert_true(made > 20000);
    assert_true(all.count >= 2 * made - 1 && all.ascending);
    assert_int_equal(last.seen.last.hi - last.seen.last.lo, CST_PAGE_SIZE);
}

static void a_visitor_ends_the_visit(void **state)
{
    (void)state;
    const char *lines = "1000-2000 rw-p 0 00:00 0\n2000-3000 rw-p 0 00:00 0\n3000-4000 rw-p 0 00:00 0\n";
    (void)read_list(lines, strlen(lines));
    struct wanted wanted = {.address = 0x2000};
    assert_true(cst_maps_each_in(list_path, remember_wanted, &wanted));
    assert_int_equal(wanted.seen.count, 1);
    assert_int_equal(wanted.seen.last.hi, 0x3000);
}

static void a_list_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_false(cst_maps_each_in("/nonexistent/maps", remember, &seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_listed_in_ascending_order),
        cmocka_unit_test(a_mapping_is_found_with_its_permissions),
        cmocka_unit_test(code_has_the_name_of_its_file),
        cmocka_unit_test(every_field_of_a_line_is_read),
        cmocka_unit_test(lines_in_another_format_are_skipped),
        cmocka_unit_test(a_name_longer_than_the_buffer_is_cut_and_the_next_line_is_whole),
        cmocka_unit_test(tens_of_thousands_of_mappings_are_all_seen),
        cmocka_unit_test(a_visitor_ends_the_visit),
        cmocka_unit_test(a_list_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, make_list, remove_list);
}
