/* uthash over pool memory: what a registry may rely on, also when the pool has nothing left. The pool is this test's. */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ELEMENTS 5000

struct element {
    uint64_t key;
    UT_hash_handle hh;
};

static struct element *elements;
static int pieces_left; /* pieces that the pool gives before it refuses; negative: any number */

void *__wrap_cst_pool_alloc(size_t size)
{
    if (pieces_left == 0) {
        return NULL;
    }
    pieces_left--;
    return calloc(1, size);
}

static struct element *find(struct element *head, uint64_t key)
{
    struct element *found = NULL;
    HASH_FIND(hh, head, &key, sizeof key, found);
    return found;
}

static struct element *add_all(void)
{
    struct element *head = NULL;
    for (size_t i = 0; i < ELEMENTS; i++) {
        elements[i].key = i * i;
        HASH_ADD(hh, head, key, sizeof head->key, &elements[i]);
    }
    return head;
}

static void every_element_is_found_after_growing(void **state)
{
    (void)state;
    pieces_left = -1;
    struct element *head = add_all();
    assert_int_equal(HASH_COUNT(head), ELEMENTS);
    for (size_t i = 0; i < ELEMENTS; i++) {
        assert_ptr_equal(find(head, i * i), &elements[i]);
    }
    assert_null(find(head, 2));
}

static void a_table_that_cannot_grow_keeps_what_it_has_and_marks_what_it_left_out(void **state)
{
    (void)state;
    pieces_left = 2;
    struct element *head = add_all();
    unsigned kept = 0;
    for (size_t i = 0; i < ELEMENTS; i++) {
        bool is_kept = elements[i].hh.tbl != NULL;
        kept += is_kept;
        assert_ptr_equal(find(head, i * i), is_kept ? &elements[i] : NULL);
    }
    assert_int_equal(HASH_COUNT(head), kept);
    assert_in_range(kept, 100, ELEMENTS - 1);
}

static void a_table_that_cannot_be_made_leaves_the_element_out(void **state)
{
    (void)state;
    for (int pieces = 0; pieces < 2; pieces++) {
        pieces_left = pieces;
        struct element *head = NULL;
        HASH_ADD(hh, head, key, sizeof head->key, &elements[0]);
        assert_null(head);
        assert_null(elements[0].hh.tbl);
        assert_null(find(head, elements[0].key));
        pieces_left = -1;
        HASH_ADD(hh, head, key, sizeof head->key, &elements[0]);
        assert_ptr_equal(find(head, elements[0].key), &elements[0]);
    }
}

/* Of tables that come and go, and of one whose only element does. */
static void what_a_table_gave_back_is_used_again(void **state)
{
    (void)state;
    pieces_left = -1;
    for (int round = 0; round < 3; round++) {
        struct element *head = add_all();
        HASH_CLEAR(hh, head);
        pieces_left = 0;
    }
    struct element *one = NULL;
    for (int round = 0; round < 3; round++) {
        HASH_ADD(hh, one, key, sizeof one->key, &elements[0]);
        assert_non_null(one);
        HASH_DEL(one, &elements[0]);
        assert_null(one);
    }
}

static int clear(void **state)
{
    (void)state;
    free(elements);
    elements = calloc(ELEMENTS, sizeof *elements);
    return elements ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_table_that_cannot_be_made_leaves_the_element_out, clear),
        cmocka_unit_test_setup(a_table_that_cannot_grow_keeps_what_it_has_and_marks_what_it_left_out, clear),
        cmocka_unit_test_setup(every_element_is_found_after_growing, clear),
        cmocka_unit_test_setup(what_a_table_gave_back_is_used_again, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
