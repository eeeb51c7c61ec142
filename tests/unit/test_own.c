/* The runtime's own memory: what is mapped is told, what is given back is not, and the table lasts for any number of
 * mappings that come and go. */
#include "plat/own.h"

#include "plat/sys.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PAGE CST_PAGE_SIZE

/* Whether any range that is told holds `address`. */
static bool is_told(const void *address)
{
    uintptr_t lo, hi, at = (uintptr_t)address;
    bool told = false;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++) {
        told = told || (lo <= at && at < hi);
    }
    return told;
}

static size_t ranges_told(void)
{
    uintptr_t lo, hi;
    size_t count = 0, told = 0;
    for (; cst_own_range(count, &lo, &hi); count++) {
        told += lo < hi;
    }
    return told;
}

static bool is_mapped(char *address)
{
    char byte;
    return cst_sys_read_memory((uintptr_t)address, &byte, 1) == 1;
}

static void what_is_mapped_is_told_to_its_last_byte_and_given_back_is_not(void **state)
{
    (void)state;
    char *memory = cst_own_map(3 * PAGE);
    memset(memory, 1, 3 * PAGE);
    assert_true(is_told(memory) && is_told(memory + 3 * PAGE - 1));
    assert_false(is_told(memory + 3 * PAGE));
    cst_own_unmap(memory, 3 * PAGE);
    assert_false(is_told(memory) || is_told(memory + 3 * PAGE - 1));
    assert_false(is_mapped(memory));
}

static void a_size_that_is_no_whole_number_of_pages_is_told_as_pages(void **state)
{
    (void)state;
    char *memory = cst_own_map(PAGE + 1);
    assert_true(is_told(memory + 2 * PAGE - 1));
    cst_own_unmap(memory, PAGE + 1);
    assert_false(is_told(memory + 2 * PAGE - 1) || is_mapped(memory + PAGE));
}

/* Takes part `[from, to)`, in pages, out of five pages and looks at what is told then. */
static void take_out(size_t from, size_t to)
{
    char *memory = cst_own_map(5 * PAGE);
    cst_own_unmap(memory + from * PAGE, (to - from) * PAGE);
    for (size_t page = 0; page < 5; page++) {
        bool stays = page < from || page >= to;
        assert_int_equal(is_told(memory + page * PAGE), stays);
        assert_int_equal(is_mapped(memory + page * PAGE), stays);
    }
    if (from > 0) {
        cst_own_unmap(memory, from * PAGE);
    }
    if (to < 5) {
        cst_own_unmap(memory + to * PAGE, (5 - to) * PAGE);
    }
    assert_false(is_told(memory) || is_told(memory + 4 * PAGE));
}

static void any_part_can_be_given_back_and_the_rest_stays_told(void **state)
{
    (void)state;
    for (size_t from = 0; from < 5; from++) {
        for (size_t to = from + 1; to <= 5; to++) {
            take_out(from, to);
        }
    }
}

static void what_was_noted_is_told_until_it_is_forgotten(void **state)
{
    (void)state;
    char *memory = cst_sys_map(2 * PAGE);
    assert_false(is_told(memory));
    cst_own_note(memory, 2 * PAGE);
    assert_true(is_told(memory) && is_told(memory + PAGE));
    assert_true(cst_own_forget(memory + PAGE, PAGE));
    assert_true(is_told(memory) && !is_told(memory + PAGE));
    assert_true(cst_own_forget(memory, PAGE));
    assert_false(is_told(memory));
    assert_false(cst_own_forget(memory, PAGE));
    cst_sys_unmap(memory, 2 * PAGE);
}

static void neighbours_take_one_range(void **state)
{
    (void)state;
    char *memory = cst_sys_map(64 * PAGE);
    size_t before = ranges_told();
    for (size_t page = 64; page-- > 0;) {
        cst_own_note(memory + page * PAGE, PAGE);
    }
    assert_int_equal(ranges_told(), before + 1);
    assert_true(cst_own_forget(memory, 64 * PAGE));
    assert_int_equal(ranges_told(), before);
    cst_sys_unmap(memory, 64 * PAGE);
}

/* Order of giving back, as an audit does: what was mapped in the middle first. */
static void map_and_give_back_crosswise(void)
{
    char *parts[4];
    for (size_t i = 0; i < 4; i++) {
        parts[i] = cst_own_map((i + 1) * PAGE);
        assert_non_null(parts[i]);
    }
    static const size_t order[] = {2, 0, 3, 1};
    for (size_t i = 0; i < 4; i++) {
        cst_own_unmap(parts[order[i]], (order[i] + 1) * PAGE);
        assert_false(is_mapped(parts[order[i]]));
    }
}

static void mappings_that_come_and_go_use_nothing_up(void **state)
{
    (void)state;
    size_t before = ranges_told();
    for (size_t i = 0; i < 3 * (size_t)CST_OWN_MAX; i++) {
        map_and_give_back_crosswise();
    }
    assert_int_equal(ranges_told(), before);
    assert_false(cst_own_overflowed());
}

#define THREADS 4

/* Whether memory in these two places is told, once whoever holds the entry is done with it. */
static bool comes_to_be_told(const char *one, const char *other)
{
    for (size_t tries = 0; tries < 100000; tries++) {
        if (is_told(one) || is_told(other)) {
            return true;
        }
        sched_yield();
    }
    return false;
}

static void *come_and_go(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < 2000; i++) {
        char *memory = cst_own_map(4 * PAGE);
        memory[2 * PAGE] = 1;
        if (!comes_to_be_told(memory, memory + 3 * PAGE)) {
            return memory;
        }
        cst_own_unmap(memory + PAGE, PAGE);
        cst_own_unmap(memory, PAGE);
        cst_own_unmap(memory + 2 * PAGE, 2 * PAGE);
    }
    return NULL;
}

/* What one thread maps and gives back is told as nothing of another's: no range outlives what it told of. */
static void threads_that_map_at_the_same_time_leave_nothing_told(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *missed;
        pthread_join(threads[i], &missed);
        assert_null(missed);
    }
    assert_false(cst_own_overflowed());
    uintptr_t lo, hi;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++) {
        for (uintptr_t at = lo; at < hi; at += PAGE) {
            assert_true(is_mapped((char *)at));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_mapped_is_told_to_its_last_byte_and_given_back_is_not),
        cmocka_unit_test(a_size_that_is_no_whole_number_of_pages_is_told_as_pages),
        cmocka_unit_test(any_part_can_be_given_back_and_the_rest_stays_told),
        cmocka_unit_test(what_was_noted_is_told_until_it_is_forgotten),
        cmocka_unit_test(neighbours_take_one_range),
        cmocka_unit_test(mappings_that_come_and_go_use_nothing_up),
        cmocka_unit_test(threads_that_map_at_the_same_time_leave_nothing_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
