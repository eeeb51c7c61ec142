/* Deeds in words, and what a history says of its subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "deed.h"

static struct cst_arena arena;

static const struct cst_log_party client = {"client", "rust", "unknown", ""};
static const struct cst_log_party ledger = {"libledger.so", "c", "unknown", ""};

static int free_arena(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

static void a_moment_says_who_did_what_with_whom(void **state)
{
    (void)state;
    struct cst_log_moment moment = {.deed = "made", .by = client, .thread = ""};
    assert_string_equal(cst_deed_words(&arena, &moment), "made by client (rust)");
    moment.deed = "lent-exclusively";
    moment.has_to = true;
    moment.to = ledger;
    assert_string_equal(cst_deed_words(&arena, &moment), "lent exclusively to libledger.so (c) by client (rust)");
    moment.deed = "transferred";
    moment.to.contract = "new";
    assert_string_equal(cst_deed_words(&arena, &moment),
                        "handed over to libledger.so (c) by client (rust), contract 'new'");
}

static void a_deed_of_a_later_version_speaks_for_itself(void **state)
{
    (void)state;
    const struct cst_log_moment moment = {.deed = "pawned", .by = client, .thread = ""};
    assert_string_equal(cst_deed_words(&arena, &moment), "pawned by client (rust)");
}

static void the_last_of_a_deed_is_found(void **state)
{
    (void)state;
    struct cst_log_moment moments[] = {
        {.deed = "lent", .by = client}, {.deed = "lent", .by = ledger}, {.deed = "returned"}};
    const struct cst_log_told told = {.history = moments, .history_count = 3};
    assert_ptr_equal(cst_deed_last(&told, "lent"), &moments[1]);
    assert_null(cst_deed_last(&told, "made"));
    assert_false(cst_deed_is_callback(&told));
    moments[0].deed = "registered";
    assert_true(cst_deed_is_callback(&told));
    const struct cst_log_told nothing = {.history_count = 0};
    assert_false(cst_deed_is_callback(&nothing));
}

static void deeds_of_callbacks_are_told_from_those_of_objects(void **state)
{
    (void)state;
    assert_true(cst_deed_is_of_callback("registered"));
    assert_true(cst_deed_is_of_callback("closed"));
    assert_false(cst_deed_is_of_callback("made"));
    assert_false(cst_deed_is_of_callback("ended"));
    assert_false(cst_deed_is_of_callback("pawned"));
}

static void functions_of_the_api_are_told_from_those_that_release(void **state)
{
    (void)state;
    assert_true(cst_deed_is_api("custody_transfer"));
    assert_true(cst_deed_is_api("custody_lease_end"));
    assert_false(cst_deed_is_api("custody_release"));
    assert_false(cst_deed_is_api("custody_resize"));
    assert_false(cst_deed_is_api("free"));
    assert_false(cst_deed_is_api(""));
}

static void stacks_are_the_same_frame_by_frame(void **state)
{
    (void)state;
    struct cst_log_frame one[] = {{.module = 1, .offset = 2}, {.module = 1, .offset = 3}};
    struct cst_log_frame other[] = {{.module = 1, .offset = 2}, {.module = 2, .offset = 3}};
    const struct cst_log_stack a = {one, 2}, b = {other, 2}, shorter = {one, 1}, empty = {0};
    assert_true(cst_deed_same_stack(&a, &a));
    assert_false(cst_deed_same_stack(&a, &b));
    assert_false(cst_deed_same_stack(&a, &shorter));
    assert_false(cst_deed_same_stack(&empty, &shorter));
    assert_true(cst_deed_same_stack(&empty, &empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_says_who_did_what_with_whom),
        cmocka_unit_test(a_deed_of_a_later_version_speaks_for_itself),
        cmocka_unit_test(the_last_of_a_deed_is_found),
        cmocka_unit_test(deeds_of_callbacks_are_told_from_those_of_objects),
        cmocka_unit_test(functions_of_the_api_are_told_from_those_that_release),
        cmocka_unit_test(stacks_are_the_same_frame_by_frame),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
