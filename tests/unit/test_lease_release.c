/* Releases of what is leased: by the library, by its caller, of copies, and resizes of either. The world is small (world.h);
 * the heap and what it does with a block are real. */
#include "core/lease.h"

#include "base/pool.h"
#include "core/lease_past.h"
#include "core/watch.h"
#include "custody/buffer.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t begin(void *buffer, size_t capacity, unsigned flags)
{
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_ALLOC, .return_address = AT_MAKE};
    const struct cst_lease_terms terms = {
        .to = library_side, .buffer = (uintptr_t)buffer, .capacity = capacity, .flags = CUSTODY_LEASE_OUT | flags};
    uint64_t number = cst_lease_begin(&call, &terms);
    assert_int_not_equal(number, 0);
    return number;
}

static void *memory_of(uint64_t number)
{
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_ALLOC, .return_address = AT_MAKE};
    return (void *)cst_lease_memory(&call, number);
}

static bool end(uint64_t number, size_t length)
{
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_RELEASE, .return_address = AT_AGAIN};
    return cst_lease_end(&call, number, length);
}

#define MAKE(size) make(CUSTODY_DOOR_MALLOC, program_side, size, CST_BLOCK_ALIGN)
#define FREE(side, block) release(CUSTODY_DOOR_FREE, side, block)
#define REALLOC(side, block, size) resize(CUSTODY_DOOR_REALLOC, side, block, size, CST_BLOCK_ALIGN, NAMING_NOTHING)

static bool is_live(const void *block)
{
    struct cst_tag_hit hit = cst_heap_find((uintptr_t)block);
    return hit.state == CST_STATE_LIVE && hit.start == (uintptr_t)block;
}

static void expect(enum custody_finding_kind kind, const char *by)
{
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, kind);
    assert_string_equal(told[0].finding.by.side, by);
    assert_int_equal(told[0].release, AT_RELEASE);
    world_forget();
}

static void a_buffer_that_the_library_frees_is_told_of_and_stays_its_callers(void **state)
{
    (void)state;
    char *block = MAKE(70);
    uint64_t number = begin(block, 70, 0);
    FREE(library_side, block);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    assert_true(is_live(block));
    assert_true(end(number, 70));
    FREE(program_side, block);
    assert_false(is_live(block));
    assert_int_equal(told_count, 0);
}

static void the_block_around_a_buffer_is_the_buffers(void **state)
{
    (void)state;
    char *block = MAKE(90);
    uint64_t number = begin(block + 50, 10, 0);
    FREE(library_side, block);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    assert_true(is_live(block));
    end(number, 10);
    FREE(program_side, block);
    assert_int_equal(told_count, 0);
}

static void a_buffer_that_its_caller_frees_is_gone_and_not_touched(void **state)
{
    (void)state;
    char *block = MAKE(71);
    uint64_t number = begin(block, 40, CUSTODY_LEASE_GUARD), copy = begin(block, 71, CUSTODY_LEASE_COPY);
    memset(memory_of(copy), 'c', 71);
    FREE(program_side, block);
    expect(CUSTODY_FINDING_RELEASED_WHILE_LENT, "program");
    assert_false(is_live(block));
    char *next = MAKE(71); /* the heap gives the same again */
    memset(next, 'n', 71);
    assert_true(end(number, 40));
    assert_true(end(copy, 71));
    for (size_t i = 0; i < 71; i++) {
        assert_int_equal(next[i], 'n');
    }
    FREE(program_side, next);
    assert_int_equal(told_count, 0);
}

static void a_lease_of_what_lies_there_next_is_another(void **state)
{
    (void)state;
    char *block = MAKE(72);
    uint64_t lost = begin(block, 72, 0);
    FREE(program_side, block);
    expect(CUSTODY_FINDING_RELEASED_WHILE_LENT, "program");
    char *next = MAKE(72);
    uint64_t number = begin(next, 72, 0);
    assert_true(end(lost, 72));
    FREE(library_side, next);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    end(number, 72);
    FREE(program_side, next);
    assert_int_equal(told_count, 0);
}

static void a_copy_is_nobodys_to_free_during_its_lease_or_after(void **state)
{
    (void)state;
    char *block = MAKE(73);
    uint64_t number = begin(block, 73, CUSTODY_LEASE_COPY);
    char *copy = memory_of(number);
    FREE(library_side, copy);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    copy[0] = 'c';
    assert_true(end(number, 1));
    assert_int_equal(block[0], 'c');
    FREE(library_side, copy);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    FREE(program_side, block);
    assert_int_equal(told_count, 0);
}

/* Another thread may release it while the lease is ending. */
static void a_copy_is_nobodys_to_free_while_its_lease_is_ending(void **state)
{
    (void)state;
    struct cst_lease_known known;
    char *block = MAKE(74);
    uint64_t number = begin(block, 74, CUSTODY_LEASE_COPY);
    char *copy = memory_of(number);
    struct cst_lease *ending = cst_lease_book_take(number, &known);
    assert_non_null(ending);
    FREE(library_side, copy);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    cst_lease_past_keep(ending);
    FREE(library_side, copy);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    FREE(program_side, block);
    assert_int_equal(told_count, 0);
}

static void a_buffer_on_the_stack_is_its_callers_too(void **state)
{
    (void)state;
    char buffer[74];
    uint64_t number = begin(buffer, 74, 0);
    FREE(library_side, buffer);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    end(number, 74);
    FREE(library_side, buffer);
    expect(CUSTODY_FINDING_INVALID_FREE, "library");
}

static void what_the_library_resizes_is_another_block_with_the_same_contents(void **state)
{
    (void)state;
    char *block = MAKE(75), local[32] = "on the stack";
    memcpy(block, "in a block", 11);
    uint64_t numbers[] = {begin(block, 75, 0), begin(block, 75, CUSTODY_LEASE_COPY), begin(local, 32, 0)};
    for (size_t i = 0; i < 3; i++) {
        char *before = memory_of(numbers[i]), *after = REALLOC(library_side, before, 200);
        assert_int_equal(told_count, 1);
        assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_BUFFER_RETAINED);
        world_forget();
        assert_ptr_not_equal(after, before);
        assert_string_equal(after, before);
        FREE(library_side, after);
        end(numbers[i], 32);
    }
    assert_true(is_live(block));
    FREE(program_side, block);
    assert_int_equal(told_count, 0);
}

static void a_block_that_its_owner_moves_is_gone(void **state)
{
    (void)state;
    char *block = MAKE(76);
    uint64_t number = begin(block, 76, 0);
    char *moved = REALLOC(program_side, block, 100000);
    assert_ptr_not_equal(moved, block);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_RELEASED_WHILE_LENT);
    world_forget();
    assert_true(end(number, 76));
    FREE(library_side, moved); /* an ordinary crossing by now */
    expect(CUSTODY_FINDING_CROSS_SIDE_FREE, "library");
}

static void a_block_that_shrinks_where_it_is_may_still_hold_what_is_leased(void **state)
{
    (void)state;
    char *block = MAKE(95);
    uint64_t small = begin(block, 40, 0), large = begin(block, 90, 0);
    assert_ptr_equal(REALLOC(program_side, block, 90), block);
    assert_int_equal(told_count, 0);
    assert_ptr_equal(REALLOC(program_side, block, 85), block);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_RELEASED_WHILE_LENT);
    world_forget();
    assert_true(end(large, 90) && end(small, 40));
    FREE(program_side, block);
    assert_int_equal(told_count, 0);
}

static void where_library_and_owner_are_one_nobody_is_said_to_be_the_library(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, library_side, 79, CST_BLOCK_ALIGN);
    uint64_t number = begin(block, 79, 0);
    FREE(library_side, block);
    expect(CUSTODY_FINDING_RELEASED_WHILE_LENT, "library");
    assert_false(is_live(block));
    assert_true(end(number, 79));
}

static void what_is_watched_at_the_end_is_looked_at(void **state)
{
    (void)state;
    char buffer[16];
    uint64_t number = begin(buffer, 16, CUSTODY_LEASE_COPY);
    char *kept = memory_of(number);
    end(number, 16);
    kept[3] ^= 1;
    cst_lease_farewell();
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_BUFFER_RETAINED);
}

static void what_is_not_leased_any_more_is_released_as_ever(void **state)
{
    (void)state;
    size_t before = atomic_load(&cst_watch_count);
    char *block = MAKE(77);
    uint64_t first = begin(block, 77, 0), second = begin(block, 10, 0);
    end(first, 77);
    FREE(library_side, block);
    expect(CUSTODY_FINDING_BUFFER_RETAINED, "library");
    end(second, 10);
    assert_int_equal(atomic_load(&cst_watch_count), before);
    FREE(library_side, block);
    expect(CUSTODY_FINDING_CROSS_SIDE_FREE, "library");
}

static void nothing_is_watched_when_all_is_over(void **state)
{
    (void)state;
    cst_lease_past_end();
    assert_int_equal(atomic_load(&cst_watch_count), 0);
}

/* A watch that was never cleared would take memory each time. */
static void leases_one_after_the_other_take_no_memory(void **state)
{
    (void)state;
    char *block = MAKE(78);
    size_t before = 0;
    for (int i = 0; i < 3000; i++) {
        end(begin(block, 78, i < 500 ? CUSTODY_LEASE_COPY : 0), 78);
        if (i == 500) {
            cst_lease_past_end(); /* from now on nothing is watched between leases */
            before = cst_pool_bytes();
        }
    }
    assert_int_equal(cst_pool_bytes(), before);
    FREE(program_side, block);
}

static int start(void **state)
{
    (void)state;
    return world_start() ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    world_forget();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_buffer_that_the_library_frees_is_told_of_and_stays_its_callers),
        TEST(the_block_around_a_buffer_is_the_buffers),
        TEST(a_buffer_that_its_caller_frees_is_gone_and_not_touched),
        TEST(a_lease_of_what_lies_there_next_is_another),
        TEST(a_copy_is_nobodys_to_free_during_its_lease_or_after),
        TEST(a_copy_is_nobodys_to_free_while_its_lease_is_ending),
        TEST(a_buffer_on_the_stack_is_its_callers_too),
        TEST(what_the_library_resizes_is_another_block_with_the_same_contents),
        TEST(a_block_that_its_owner_moves_is_gone),
        TEST(a_block_that_shrinks_where_it_is_may_still_hold_what_is_leased),
        TEST(where_library_and_owner_are_one_nobody_is_said_to_be_the_library),
        TEST(what_is_watched_at_the_end_is_looked_at),
        TEST(what_is_not_leased_any_more_is_released_as_ever),
        TEST(nothing_is_watched_when_all_is_over),
        TEST(leases_one_after_the_other_take_no_memory),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
