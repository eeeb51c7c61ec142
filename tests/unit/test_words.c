/* A stack of words: last in, first out, across any number of chunks, with memory that comes and goes. */
#include "base/words.h"

#include "plat/sys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* More than two chunks. */
#define MANY (2 * CST_WORDS_CHUNK + 10)

static unsigned chunks_left; /* chunks that the kernel still gives */

void *__real_cst_own_map(size_t size);

void *__wrap_cst_own_map(size_t size)
{
    return chunks_left-- > 0 ? __real_cst_own_map(size) : NULL;
}

static void words_come_back_last_first_across_chunks(void **state)
{
    (void)state;
    struct cst_words words = {0};
    uintptr_t word;
    chunks_left = 3;
    assert_false(cst_words_pop(&words, &word));
    for (uintptr_t i = 0; i < MANY; i++) {
        assert_true(cst_words_push(&words, i * 3));
    }
    for (uintptr_t i = MANY; i-- > 0;) {
        assert_true(cst_words_pop(&words, &word));
        assert_int_equal(word, i * 3);
    }
    assert_false(cst_words_pop(&words, &word));
    assert_false(cst_words_pop(&words, &word));
    cst_words_free(&words);
}

/* At the border of two chunks a push and a pop in turn must not ask the kernel each time. */
static void an_empty_chunk_is_kept_for_the_next_time(void **state)
{
    (void)state;
    struct cst_words words = {0};
    uintptr_t word;
    chunks_left = 2;
    for (uintptr_t i = 0; i < CST_WORDS_CHUNK; i++) {
        assert_true(cst_words_push(&words, i));
    }
    for (uintptr_t i = 0; i < 100; i++) {
        assert_true(cst_words_push(&words, 1000 + i) && cst_words_push(&words, 2000 + i));
        assert_true(cst_words_pop(&words, &word));
        assert_int_equal(word, 2000 + i);
        assert_true(cst_words_pop(&words, &word));
        assert_int_equal(word, 1000 + i);
        assert_true(cst_words_pop(&words, &word) && cst_words_push(&words, word));
    }
    cst_words_free(&words);
}

static void without_memory_a_push_fails_and_what_is_there_stays(void **state)
{
    (void)state;
    struct cst_words words = {0};
    uintptr_t word;
    chunks_left = 0;
    assert_false(cst_words_push(&words, 1));
    chunks_left = 1;
    for (uintptr_t i = 0; i < CST_WORDS_CHUNK; i++) {
        assert_true(cst_words_push(&words, i));
    }
    chunks_left = 0;
    assert_false(cst_words_push(&words, 1));
    assert_true(cst_words_pop(&words, &word));
    assert_int_equal(word, CST_WORDS_CHUNK - 1);
    cst_words_free(&words);
}

static void after_free_nothing_is_left(void **state)
{
    (void)state;
    struct cst_words words = {0};
    uintptr_t word;
    char byte;
    chunks_left = 3;
    for (uintptr_t i = 0; i < MANY; i++) {
        assert_true(cst_words_push(&words, i));
    }
    uintptr_t top = (uintptr_t)words.top, below = (uintptr_t)words.top->below;
    cst_words_free(&words);
    assert_int_not_equal(cst_sys_read_memory(top, &byte, 1), 1);
    assert_int_not_equal(cst_sys_read_memory(below, &byte, 1), 1);
    assert_false(cst_words_pop(&words, &word));
    cst_words_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back_last_first_across_chunks),
        cmocka_unit_test(an_empty_chunk_is_kept_for_the_next_time),
        cmocka_unit_test(without_memory_a_push_fails_and_what_is_there_stays),
        cmocka_unit_test(after_free_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
