/* The runtime's own memory: zeroed pieces that nobody else has, from any thread, and NULL when the kernel refuses. The
 * kernel's answer is this test's to give. */
#include "base/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void *__real_cst_sys_map(size_t size);

static _Atomic bool refusing;

void *__wrap_cst_sys_map(size_t size)
{
    return refusing ? NULL : __real_cst_sys_map(size);
}

static void pieces_of_any_size_are_zeroed_and_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 17, 4096, 100000, 300000, 1, 5000000, 262144};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *piece = cst_pool_alloc(sizes[i]);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        for (size_t at = 0; at < sizes[i]; at++) {
            if (piece[at] != 0) {
                fail();
            }
        }
        memset(piece, 0xff, sizes[i]);
    }
}

static void a_copy_is_terminated_and_independent(void **state)
{
    (void)state;
    char text[] = "text and more";
    const char *copy = cst_pool_copy(text, 4), *empty = cst_pool_copy(text, 0);
    memset(text, '#', sizeof text - 1);
    assert_string_equal(copy, "text");
    assert_string_equal(empty, "");
}

static void small_pieces_share_what_the_kernel_gives(void **state)
{
    (void)state;
    assert_non_null(cst_pool_alloc(1));
    size_t before = cst_pool_bytes();
    for (int i = 0; i < 1000; i++) {
        assert_non_null(cst_pool_alloc(32));
    }
    assert_in_range(cst_pool_bytes() - before, 0, 256 * 1024);
}

static void impossible_sizes_give_null(void **state)
{
    (void)state;
    assert_null(cst_pool_alloc(SIZE_MAX));
    assert_null(cst_pool_alloc(SIZE_MAX - 15));
    assert_null(cst_pool_alloc(SIZE_MAX / 2 + 1));
    assert_null(cst_pool_alloc(SIZE_MAX / 2));
    assert_non_null(cst_pool_alloc(16));
}

static void a_kernel_that_refuses_gives_null_until_it_gives_again(void **state)
{
    (void)state;
    refusing = true;
    size_t bytes = cst_pool_bytes();
    while (cst_pool_alloc(4096)) {
    }
    assert_null(cst_pool_copy("a text that does not fit", 8000));
    assert_int_equal(cst_pool_bytes(), bytes);
    refusing = false;
    assert_non_null(cst_pool_alloc(4096));
    assert_true(cst_pool_bytes() > bytes);
}

#define THREADS 4
#define PIECES 5000

static void *take_pieces(void *pieces)
{
    for (size_t i = 0; i < PIECES; i++) {
        size_t *piece = cst_pool_alloc(sizeof *piece);
        *piece = *piece == 0 ? (size_t)pieces + i : 0;
        ((size_t **)pieces)[i] = piece;
    }
    return NULL;
}

static void threads_never_get_the_same_piece(void **state)
{
    (void)state;
    static size_t *pieces[THREADS][PIECES];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_pieces, pieces[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < PIECES; j++) {
            assert_int_equal(*pieces[i][j], (size_t)pieces[i] + j);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_are_zeroed_and_aligned),
        cmocka_unit_test(a_copy_is_terminated_and_independent),
        cmocka_unit_test(small_pieces_share_what_the_kernel_gives),
        cmocka_unit_test(impossible_sizes_give_null),
        cmocka_unit_test(a_kernel_that_refuses_gives_null_until_it_gives_again),
        cmocka_unit_test(threads_never_get_the_same_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
