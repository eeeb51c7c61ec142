/* Guarded copies: where they lie, what of their guards is seen, that nobody is told of them as blocks. */
#include "core/replica.h"

#include "core/heap.h"
#include "custody/custody.h"
#include "entry/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct cst_replica make(size_t size, uintptr_t like)
{
    struct cst_replica copy;
    assert_true(cst_replica_make(size, like, 5, &copy));
    return copy;
}

static void a_copy_is_aligned_as_the_buffer_is(void **state)
{
    (void)state;
    for (uintptr_t align = 1; align <= 4096; align *= 2) {
        struct cst_replica copy = make(100, 3 * align);
        assert_int_equal((uintptr_t)copy.memory % align, 0);
        cst_replica_release(&copy);
    }
}

static void nobody_wrote_to_the_guards_of_a_copy_that_is_filled(void **state)
{
    (void)state;
    for (size_t size = 0; size < 5000; size += 61) {
        struct cst_replica copy = make(size, 16);
        memset(copy.memory, 'x', size);
        assert_int_equal(cst_replica_damage_before(&copy), 0);
        assert_int_equal(cst_replica_damage_behind(&copy), 0);
        cst_replica_release(&copy);
        assert_null(copy.memory);
    }
}

static void writes_in_front_and_behind_are_measured(void **state)
{
    (void)state;
    struct cst_replica copy = make(33, 16);
    copy.memory[-3] = 0;
    copy.memory[33 + 200] = 0;
    assert_int_equal(cst_replica_damage_before(&copy), 3);
    assert_int_equal(cst_replica_damage_behind(&copy), 201);
    cst_replica_release(&copy);
}

static void the_sum_is_of_contents_and_guards(void **state)
{
    (void)state;
    struct cst_replica copy = make(40, 16);
    memset(copy.memory, 0, 40);
    uint64_t before = cst_replica_sum(&copy);
    unsigned char *first = copy.memory - CST_REPLICA_FRONT, *last = copy.memory + 40 + CST_REPLICA_BACK - 1;
    for (unsigned char *at = first; at <= last; at++) {
        *at ^= 1;
        assert_int_not_equal(cst_replica_sum(&copy), before);
        *at ^= 1;
    }
    assert_int_equal(cst_replica_sum(&copy), before);
    cst_replica_release(&copy);
}

static void a_copy_in_use_is_a_block_of_nobody_and_a_retired_one_is_none(void **state)
{
    (void)state;
    struct cst_replica copy = make(50, 64);
    struct custody_description description;
    struct cst_tag_hit hit = cst_heap_find((uintptr_t)copy.memory);
    assert_int_equal(hit.state, CST_STATE_LIVE);
    assert_int_equal(hit.start, copy.block);
    assert_true(custody_describe(copy.memory, &description) != CUSTODY_STATUS_OK || description.start == 0);
    cst_replica_retire(&copy);
    assert_int_not_equal(cst_heap_find((uintptr_t)copy.memory).state, CST_STATE_LIVE);
    cst_replica_release(&copy);
}

static void a_copy_that_is_too_large_is_not_made(void **state)
{
    (void)state;
    struct cst_replica copy;
    assert_false(cst_replica_make(CST_REPLICA_MAX + 1, 16, 5, &copy));
    assert_null(copy.memory);
    assert_false(cst_replica_make(SIZE_MAX, 16, 5, &copy));
    cst_replica_release(&copy);
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
        cmocka_unit_test(a_copy_is_aligned_as_the_buffer_is),
        cmocka_unit_test(nobody_wrote_to_the_guards_of_a_copy_that_is_filled),
        cmocka_unit_test(writes_in_front_and_behind_are_measured),
        cmocka_unit_test(the_sum_is_of_contents_and_guards),
        cmocka_unit_test(a_copy_in_use_is_a_block_of_nobody_and_a_retired_one_is_none),
        cmocka_unit_test(a_copy_that_is_too_large_is_not_made),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
