/* Spans of code: which of several counts, and how they become rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_span.h"

#include "custody/words.h"

static struct cst_arena arena;

static struct cst_facts_spans spans_of(const struct cst_facts_span *items, size_t count)
{
    struct cst_facts_spans spans = {0};
    for (size_t i = 0; i < count; i++) {
        cst_facts_spans_add(&arena, &spans, items[i]);
    }
    return spans;
}

#define SPANS(...) \
    spans_of((const struct cst_facts_span[]){__VA_ARGS__}, \
             sizeof((const struct cst_facts_span[]){__VA_ARGS__}) / sizeof(struct cst_facts_span))

static void assert_span(const struct cst_facts_spans *spans, size_t i, struct cst_facts_span expected)
{
    assert_true(i < spans->count);
    assert_int_equal(spans->items[i].lo, expected.lo);
    assert_int_equal(spans->items[i].hi, expected.hi);
    assert_int_equal(spans->items[i].lang, expected.lang);
    assert_int_equal(spans->items[i].flags, expected.flags);
}

static void empty_spans_are_none(void **state)
{
    (void)state;
    struct cst_facts_spans spans = SPANS({8, 8, 1, 0}, {9, 8, 1, 0});
    assert_int_equal(spans.count, 0);
    assert_int_equal(cst_facts_spans_innermost(&arena, &spans).count, 0);
    assert_int_equal(cst_facts_rows_make(&arena, &spans).count, 0);
}

static void of_nested_spans_the_innermost_counts(void **state)
{
    (void)state;
    struct cst_facts_spans spans = SPANS({20, 30, 2, 0}, {0, 100, 1, 0}, {25, 28, 3, 0}, {40, 50, 2, 0});
    struct cst_facts_spans flat = cst_facts_spans_innermost(&arena, &spans);
    assert_int_equal(flat.count, 7);
    assert_span(&flat, 0, (struct cst_facts_span){0, 20, 1, 0});
    assert_span(&flat, 1, (struct cst_facts_span){20, 25, 2, 0});
    assert_span(&flat, 2, (struct cst_facts_span){25, 28, 3, 0});
    assert_span(&flat, 3, (struct cst_facts_span){28, 30, 2, 0});
    assert_span(&flat, 4, (struct cst_facts_span){30, 40, 1, 0});
    assert_span(&flat, 5, (struct cst_facts_span){40, 50, 2, 0});
    assert_span(&flat, 6, (struct cst_facts_span){50, 100, 1, 0});
}

static void of_overlapping_spans_the_later_counts(void **state)
{
    (void)state;
    struct cst_facts_spans spans = SPANS({0, 20, 1, 0}, {10, 30, 2, 0});
    struct cst_facts_spans flat = cst_facts_spans_innermost(&arena, &spans);
    assert_int_equal(flat.count, 2);
    assert_span(&flat, 0, (struct cst_facts_span){0, 10, 1, 0});
    assert_span(&flat, 1, (struct cst_facts_span){10, 30, 2, 0});
}

static void what_lies_above_counts_and_flags_add_up(void **state)
{
    (void)state;
    struct cst_facts_spans below = SPANS({0, 40, 1, 4}, {60, 70, 2, 0});
    struct cst_facts_spans above = SPANS({10, 20, 3, 1}, {30, 50, 0, 2}, {70, 80, 3, 0});
    struct cst_facts_spans both = cst_facts_spans_overlay(&arena, &below, &above);
    assert_int_equal(both.count, 7);
    assert_span(&both, 0, (struct cst_facts_span){0, 10, 1, 4});
    assert_span(&both, 1, (struct cst_facts_span){10, 20, 3, 5});
    assert_span(&both, 2, (struct cst_facts_span){20, 30, 1, 4});
    assert_span(&both, 3, (struct cst_facts_span){30, 40, 1, 6});
    assert_span(&both, 4, (struct cst_facts_span){40, 50, 0, 2});
    assert_span(&both, 5, (struct cst_facts_span){60, 70, 2, 0});
    assert_span(&both, 6, (struct cst_facts_span){70, 80, 3, 0});
}

static void rows_end_with_nothing_known(void **state)
{
    (void)state;
    struct cst_facts_spans spans = SPANS({0x100, 0x120, CUSTODY_LANG_C, 0}, {0x120, 0x130, CUSTODY_LANG_RUST, 2});
    struct cst_facts_rows rows = cst_facts_rows_make(&arena, &spans);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.items[0], custody_facts_row_make(0x100, 0, CUSTODY_LANG_C));
    assert_int_equal(rows.items[1], custody_facts_row_make(0x120, CUSTODY_FACTS_RUST_ALLOCATOR, CUSTODY_LANG_RUST));
    assert_int_equal(rows.items[2], custody_facts_row_make(0x130, 0, 0));
}

static void padding_between_equal_spans_needs_no_row(void **state)
{
    (void)state;
    struct cst_facts_spans spans =
        SPANS({0x100, 0x11b, 1, 1}, {0x120, 0x130, 1, 1}, {0x150, 0x155, 1, 1}, {0x158, 0x160, 1, 1});
    struct cst_facts_rows rows = cst_facts_rows_make(&arena, &spans);
    assert_int_equal(rows.count, 6); /* neither a hole of two functions' size nor one in front of an odd address */
    assert_int_equal(custody_facts_row_address(rows.items[1]), 0x130);
    assert_int_equal(custody_facts_row_address(rows.items[3]), 0x155);
}

static int release(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(empty_spans_are_none, release),
        cmocka_unit_test_teardown(of_nested_spans_the_innermost_counts, release),
        cmocka_unit_test_teardown(of_overlapping_spans_the_later_counts, release),
        cmocka_unit_test_teardown(what_lies_above_counts_and_flags_add_up, release),
        cmocka_unit_test_teardown(rows_end_with_nothing_known, release),
        cmocka_unit_test_teardown(padding_between_equal_spans_needs_no_row, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
