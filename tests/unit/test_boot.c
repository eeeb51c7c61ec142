/* Memory before the heap: zeroed, aligned, sized, handed out once, and at an end some time. The buffer is one a process, so tests that use it up run in a process of their own. */
#include "base/boot.h"

#include "child.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void blocks_are_zeroed_aligned_and_know_their_size(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1000};
    for (size_t align = 1; align <= 4096; align *= 4) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *block = cst_boot_alloc(sizes[i], align);
            assert_true(cst_boot_owns(block));
            assert_int_equal((uintptr_t)block % align, 0);
            assert_int_equal((uintptr_t)block % 16, 0);
            assert_int_equal(cst_boot_size(block), sizes[i]);
            for (size_t at = 0; at < sizes[i]; at++) {
                assert_int_equal(block[at], 0);
            }
            memset(block, 0xff, sizes[i]);
        }
    }
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    char *a = cst_boot_alloc(40, 16), *b = cst_boot_alloc(0, 16), *c = cst_boot_alloc(7, 16);
    memset(a, 'a', 40);
    memset(c, 'c', 7);
    assert_int_equal(cst_boot_size(a), 40);
    assert_int_equal(cst_boot_size(b), 0);
    assert_int_equal(cst_boot_size(c), 7);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(b, c);
    assert_int_equal(a[39], 'a');
}

static void memory_that_comes_back_is_zeroed_with_all_that_was_between(void **state)
{
    (void)state;
    char *a = cst_boot_alloc(32, 16), *b = cst_boot_alloc(32, 16);
    memset(a, 'a', 32);
    memset(b, 'b', 32);
    cst_boot_release(b);
    cst_boot_release(a);
    unsigned char *both = cst_boot_alloc(200, 16);
    assert_ptr_equal(both, a);
    for (size_t at = 0; at < 200; at++) {
        assert_int_equal(both[at], 0);
    }
}

static void it_owns_no_other_memory(void **state)
{
    int local;
    (void)state;
    assert_false(cst_boot_owns(NULL));
    assert_false(cst_boot_owns(&local));
    assert_false(cst_boot_owns((const void *)UINTPTR_MAX));
}

static void requests_beyond_the_buffer_give_null_and_spoil_nothing(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, (size_t)1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_null(cst_boot_alloc(sizes[i], 16));
        assert_null(cst_boot_alloc(sizes[i], 4096));
    }
    for (size_t align = (size_t)1 << 24; align != 0; align <<= 1) {
        void *block = cst_boot_alloc(1, align);
        assert_true(block == NULL || (uintptr_t)block % align == 0);
    }
    assert_non_null(cst_boot_alloc(16, 16));
}

static void take_all(size_t size)
{
    for (char *block; (block = cst_boot_alloc(size, 16)) != NULL;) {
        require(cst_boot_owns(block) && cst_boot_size(block) == size);
        memset(block, 0xff, size);
    }
}

/* Every block down to those of no bytes must lie in the buffer: whoever releases it asks. */
static void use_up(void)
{
    take_all(1000);
    take_all(16);
    take_all(0);
}

static void use_up_from_another_offset(void)
{
    require(cst_boot_alloc(0, 16) != NULL);
    use_up();
}

static void a_buffer_that_is_used_up_gives_null_and_owns_its_last_block(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(use_up), 0);
    assert_int_equal(in_a_child(use_up_from_another_offset), 0);
}

#define THREADS 4
#define BLOCKS 200

static void *take_blocks(void *blocks)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t *block = cst_boot_alloc(sizeof *block, 16);
        *block = (size_t)blocks + i;
        ((size_t **)blocks)[i] = block;
    }
    return NULL;
}

static void threads_never_get_the_same_block(void **state)
{
    (void)state;
    static size_t *blocks[THREADS][BLOCKS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_blocks, blocks[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < BLOCKS; j++) {
            assert_int_equal(*blocks[i][j], (size_t)blocks[i] + j);
            assert_int_equal(cst_boot_size(blocks[i][j]), sizeof(size_t));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_aligned_and_know_their_size),
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(memory_that_comes_back_is_zeroed_with_all_that_was_between),
        cmocka_unit_test(it_owns_no_other_memory),
        cmocka_unit_test(requests_beyond_the_buffer_give_null_and_spoil_nothing),
        cmocka_unit_test(a_buffer_that_is_used_up_gives_null_and_owns_its_last_block),
        cmocka_unit_test(threads_never_get_the_same_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
