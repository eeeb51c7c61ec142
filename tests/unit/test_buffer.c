/* Buffers of the program's: what is known of where they lie, and reading, writing and hashing them where that may not be
 * possible. */
#include "core/buffer.h"

#include "custody/custody.h"
#include "entry/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <cmocka.h>

#define PAGE ((size_t)4096)

static void of_a_block_the_room_to_its_end_is_known(void **state)
{
    (void)state;
    char *block = custody_alloc(0, 3001, 0);
    struct cst_buffer_place place = cst_buffer_find((uintptr_t)block + 1001);
    assert_int_equal(place.kind, CST_BUFFER_IN_BLOCK);
    assert_int_equal(place.block, (uintptr_t)block);
    assert_int_equal(place.room, 2000);
    custody_release(0, block);
    place = cst_buffer_find((uintptr_t)block);
    assert_int_equal(place.kind, CST_BUFFER_RELEASED);
    assert_int_equal(place.room, 0);
}

static void of_other_memory_nothing_is_known(void **state)
{
    (void)state;
    static char constant;
    char local;
    assert_int_equal(cst_buffer_find((uintptr_t)&constant).kind, CST_BUFFER_UNKNOWN);
    assert_int_equal(cst_buffer_find((uintptr_t)&local).kind, CST_BUFFER_UNKNOWN);
    assert_int_equal(cst_buffer_find((uintptr_t)&local).room, SIZE_MAX);
}

/* A page that may be used, in front of one that may not. */
static char *page_before_nothing(void)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
    return pages;
}

static unsigned reads;

ssize_t __real_cst_sys_read_memory(uintptr_t address, void *bytes, size_t size);
ssize_t __wrap_cst_sys_read_memory(uintptr_t address, void *bytes, size_t size);

ssize_t __wrap_cst_sys_read_memory(uintptr_t address, void *bytes, size_t size)
{
    reads++;
    return __real_cst_sys_read_memory(address, bytes, size);
}

static void what_ends_nowhere_is_not_read_up_to_there(void **state)
{
    (void)state;
    size_t size = 256 * PAGE;
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t sum;
    assert_ptr_not_equal(pages, MAP_FAILED);
    reads = 0;
    assert_false(cst_buffer_sum((uintptr_t)pages, UINTPTR_MAX - (uintptr_t)pages, &sum));
    assert_int_equal(reads, 1);
    assert_true(cst_buffer_sum((uintptr_t)pages, size, &sum));
    munmap(pages, size);
}

static void what_cannot_be_used_is_not(void **state)
{
    (void)state;
    char *page = page_before_nothing();
    static char bytes[2 * PAGE];
    uint64_t sum;
    memset(page, 'x', PAGE);
    assert_true(cst_buffer_read((uintptr_t)page, bytes, PAGE));
    assert_int_equal(bytes[PAGE - 1], 'x');
    assert_false(cst_buffer_read((uintptr_t)page, bytes, PAGE + 1));
    assert_false(cst_buffer_read(UINTPTR_MAX - 4, bytes, 8));
    assert_true(cst_buffer_sum((uintptr_t)page, PAGE, &sum));
    assert_false(cst_buffer_sum((uintptr_t)page, PAGE + 1, &sum));
    assert_true(cst_buffer_write((uintptr_t)page, "written", 7));
    assert_memory_equal(page, "writtenx", 8);
    assert_false(cst_buffer_write((uintptr_t)page + PAGE, "written", 7));
    assert_int_equal(mprotect(page, PAGE, PROT_READ), 0);
    assert_false(cst_buffer_write((uintptr_t)page, "again", 5));
    munmap(page, 2 * PAGE);
}

static uint64_t sum_of(const void *bytes, size_t size)
{
    uint64_t sum;
    assert_true(cst_buffer_sum((uintptr_t)bytes, size, &sum));
    return sum;
}

static void every_byte_takes_part_in_the_sum(void **state)
{
    (void)state;
    static char data[2500];
    char *block = custody_alloc(0, sizeof data, 0), local[sizeof data];
    memset(block, 0, sizeof data);
    memset(local, 0, sizeof local);
    uint64_t before = sum_of(data, sizeof data);
    assert_int_equal(sum_of(block, sizeof data), before);
    assert_int_equal(sum_of(local, sizeof data), before);
    for (size_t i = 0; i < sizeof data; i++) {
        block[i] = 1;
        assert_int_not_equal(sum_of(block, sizeof data), before);
        block[i] = 0;
    }
    custody_release(0, block);
}

static int start(void **state)
{
    (void)state;
    cst_options.leaks = CST_LEAKS_OFF;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_block_the_room_to_its_end_is_known),
        cmocka_unit_test(of_other_memory_nothing_is_known),
        cmocka_unit_test(what_cannot_be_used_is_not),
        cmocka_unit_test(what_ends_nowhere_is_not_read_up_to_there),
        cmocka_unit_test(every_byte_takes_part_in_the_sum),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
