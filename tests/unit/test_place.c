/* What lies at an address that is no block of ours. The registry of modules is replaced by one that knows this
 * program, and a plugin where a test says that there is one. */
#include "core/place.h"

#include "plat/own.h"

#include "plat/sys.h"
#include "site/module.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const char constant[] = "read-only data of this program";
static char zeroed[3 * 4096];
static int initialised = 7;

extern char __executable_start, end; /* from the linker */

static struct cst_module plugin = {.name = "plugin"};

const struct cst_module *cst_module_find(uintptr_t address)
{
    static struct cst_module program = {.name = "the_program"};
    program.lo = (uintptr_t)&__executable_start;
    program.hi = (uintptr_t)&end;
    if (address >= plugin.lo && address < plugin.hi) {
        return &plugin;
    }
    return address >= program.lo && address < program.hi ? &program : NULL;
}

static void expect_place(const void *pointer, enum cst_place expected, const char *expected_name)
{
    char name[256];
    assert_int_equal(cst_place_find((uintptr_t)pointer, NULL, 0, name, sizeof name), expected);
    if (expected_name != NULL) {
        assert_string_equal(name, expected_name);
    }
}

static void the_main_stack_is_a_stack(void **state)
{
    (void)state;
    int local = 0;
    expect_place(&local, CST_PLACE_STACK, "[stack]");
}

static void *find_place_of_a_local(void *bounds)
{
    static enum cst_place places[2];
    char name[64];
    int local = 0;
    struct cst_stack_bounds *own = bounds;
    *own = (struct cst_stack_bounds){.lo = (uintptr_t)&local - 4096, .hi = (uintptr_t)&local + 4096};
    places[0] = cst_place_find((uintptr_t)&local, own, 1, name, sizeof name);
    places[1] = cst_place_find((uintptr_t)&local, NULL, 0, name, sizeof name);
    return places;
}

static void a_threads_stack_is_a_stack_when_its_bounds_are_given(void **state)
{
    (void)state;
    pthread_t thread;
    struct cst_stack_bounds bounds;
    void *places;
    assert_int_equal(pthread_create(&thread, NULL, find_place_of_a_local, &bounds), 0);
    assert_int_equal(pthread_join(thread, &places), 0);
    assert_int_equal(((enum cst_place *)places)[0], CST_PLACE_STACK);
    assert_int_equal(((enum cst_place *)places)[1], CST_PLACE_FOREIGN);
}

static void data_of_a_module_is_static_zeroed_and_constant_data_too(void **state)
{
    (void)state;
    expect_place(&initialised, CST_PLACE_STATIC, "the_program");
    expect_place(constant, CST_PLACE_STATIC, "the_program");
    expect_place(zeroed + 5000, CST_PLACE_STATIC, "the_program");
    expect_place((const void *)(uintptr_t)&expect_place, CST_PLACE_STATIC, "the_program");
}

static void the_start_of_anonymous_memory_is_a_mapping_and_its_inside_is_foreign(void **state)
{
    (void)state;
    /* A page in front that is not accessible keeps the kernel from merging this with what lies below. */
    char *guard = mmap(NULL, 5 * CST_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *area = guard + CST_PAGE_SIZE;
    assert_int_equal(mprotect(area, 3 * CST_PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    expect_place(area, CST_PLACE_MAPPING, "");
    expect_place(area + 16, CST_PLACE_FOREIGN, "");
    expect_place(area + CST_PAGE_SIZE, CST_PLACE_FOREIGN, "");
    expect_place(guard + 16, CST_PLACE_MAPPING, "");
    munmap(guard, 5 * CST_PAGE_SIZE);
}

/* The kernel makes one mapping of neighbours. */
static void memory_behind_our_own_begins_where_ours_ends(void **state)
{
    (void)state;
    char *guard = mmap(NULL, 5 * CST_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(guard != MAP_FAILED);
    char *memory = guard + CST_PAGE_SIZE;
    assert_int_equal(mprotect(memory, 3 * CST_PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    char *theirs = memory + 2 * CST_PAGE_SIZE;
    expect_place(theirs, CST_PLACE_FOREIGN, "");
    cst_own_note(memory, CST_PAGE_SIZE);
    cst_own_note(memory + CST_PAGE_SIZE, CST_PAGE_SIZE);
    expect_place(theirs, CST_PLACE_MAPPING, "");
    expect_place(theirs + 16, CST_PLACE_FOREIGN, "");
    assert_true(cst_own_forget(memory, CST_PAGE_SIZE));
    expect_place(theirs, CST_PLACE_FOREIGN, "");
    assert_true(cst_own_forget(memory + CST_PAGE_SIZE, CST_PAGE_SIZE));
    munmap(guard, 5 * CST_PAGE_SIZE);
}

static void memory_behind_a_modules_zeroed_data_begins_where_that_ends(void **state)
{
    (void)state;
    char *guard = mmap(NULL, 5 * CST_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(guard != MAP_FAILED);
    char *memory = guard + CST_PAGE_SIZE, *theirs = memory + 2 * CST_PAGE_SIZE;
    assert_int_equal(mprotect(memory, 3 * CST_PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    plugin.lo = (uintptr_t)memory;
    plugin.hi = (uintptr_t)theirs - 100;
    expect_place(memory, CST_PLACE_STATIC, "plugin");
    expect_place(theirs, CST_PLACE_MAPPING, "");
    expect_place(theirs + 16, CST_PLACE_FOREIGN, "");
    plugin.lo = plugin.hi = 0;
    expect_place(theirs, CST_PLACE_FOREIGN, "");
    munmap(guard, 5 * CST_PAGE_SIZE);
}

static void a_file_mapping_has_its_files_name_anywhere_in_it(void **state)
{
    (void)state;
    int fd = open("/bin/sh", O_RDONLY);
    char *file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    close(fd);
    char name[256];
    assert_int_equal(cst_place_find((uintptr_t)file + 100, NULL, 0, name, sizeof name), CST_PLACE_MAPPING);
    assert_int_equal(name[0], '/');
    munmap(file, 8192);
}

static void the_break_segment_is_foreign(void **state)
{
    (void)state;
    char *bottom = sbrk(65536);
    assert_true(bottom != (void *)-1);
    expect_place(bottom + 100, CST_PLACE_FOREIGN, "[heap]");
}

static void what_is_not_mapped_is_wild(void **state)
{
    (void)state;
    expect_place((const void *)(uintptr_t)16, CST_PLACE_WILD, "");
    expect_place((const void *)(uintptr_t)0xdeadbeefdeadbeefU, CST_PLACE_WILD, "");
    char *gone = mmap(NULL, CST_PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(gone, CST_PAGE_SIZE);
    expect_place(gone, CST_PLACE_WILD, "");
}

static void a_long_name_is_cut_to_fit(void **state)
{
    (void)state;
    char name[16];
    memset(name, '#', sizeof name);
    int fd = open("/usr/bin/python3", O_RDONLY);
    if (fd < 0) {
        skip();
    }
    char *file = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    assert_int_equal(cst_place_find((uintptr_t)file, NULL, 0, name, 12), CST_PLACE_MAPPING);
    assert_string_equal(name, "/usr/bin/py");
    assert_int_equal(name[12], '#');
    munmap(file, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_main_stack_is_a_stack),
        cmocka_unit_test(a_threads_stack_is_a_stack_when_its_bounds_are_given),
        cmocka_unit_test(data_of_a_module_is_static_zeroed_and_constant_data_too),
        cmocka_unit_test(the_start_of_anonymous_memory_is_a_mapping_and_its_inside_is_foreign),
        cmocka_unit_test(memory_behind_our_own_begins_where_ours_ends),
        cmocka_unit_test(memory_behind_a_modules_zeroed_data_begins_where_that_ends),
        cmocka_unit_test(a_file_mapping_has_its_files_name_anywhere_in_it),
        cmocka_unit_test(the_break_segment_is_foreign),
        cmocka_unit_test(what_is_not_mapped_is_wild),
        cmocka_unit_test(a_long_name_is_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
