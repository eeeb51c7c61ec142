/* Histories: the moments of a thing in order, the middle of a long one left out, memory used again. */
#include "core/history.h"

#include "base/pool.h"
#include "world.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool out_of_memory;

void *__real_cst_pool_alloc(size_t size);

void *__wrap_cst_pool_alloc(size_t size)
{
    return out_of_memory ? NULL : __real_cst_pool_alloc(size);
}

static void add(struct cst_history *history, enum custody_deed deed, uint32_t stack)
{
    const struct cst_deed what = {.deed = deed, .by = program_side, .stack = stack};
    cst_history_add(history, &what);
}

static struct cst_history_copy copy_of(const struct cst_history *history)
{
    struct cst_history_copy copy;
    cst_history_copy(history, &copy);
    return copy;
}

static void moments_are_told_in_order_with_who_took_part(void **state)
{
    (void)state;
    struct cst_history history = {0};
    add(&history, CUSTODY_DEED_MADE, 11);
    const struct cst_deed transfer = {.deed = CUSTODY_DEED_TRANSFERRED,
                                      .by = program_side,
                                      .to = library_side,
                                      .contract = CUSTODY_CONTRACT_NEW,
                                      .stack = 12};
    cst_history_add(&history, &transfer);

    struct cst_history_copy copy = copy_of(&history);
    assert_int_equal(copy.count, 2);
    assert_int_equal(copy.left_out, 0);
    assert_int_equal(copy.moments[0].deed, CUSTODY_DEED_MADE);
    assert_string_equal(copy.moments[0].by.side, "program");
    assert_int_equal(copy.moments[0].by.lang, CUSTODY_LANG_C);
    assert_false(copy.moments[0].has_to);
    assert_int_equal(copy.moments[0].stack, 11);
    assert_int_equal(copy.moments[1].deed, CUSTODY_DEED_TRANSFERRED);
    assert_true(copy.moments[1].has_to);
    assert_string_equal(copy.moments[1].to.side, "library");
    assert_int_equal(copy.moments[1].to.contract, CUSTODY_CONTRACT_NEW);
    cst_history_clear(&history);
}

static void nothing_has_happened_to_a_new_one(void **state)
{
    (void)state;
    struct cst_history history = {0};
    struct cst_history_copy copy = copy_of(&history);
    assert_int_equal(copy.count, 0);
    assert_int_equal(copy.left_out, 0);
    cst_history_clear(&history);
}

static void of_a_long_one_the_first_and_the_last_are_kept(void **state)
{
    (void)state;
    enum { MANY = 100 };
    struct cst_history history = {0};
    for (uint32_t i = 1; i <= MANY; i++) {
        add(&history, CUSTODY_DEED_LENT, i);
    }
    struct cst_history_copy copy = copy_of(&history);
    assert_int_equal(copy.count, CST_MOMENTS_MAX - 1);
    assert_int_equal(copy.left_out, MANY - (CST_MOMENTS_MAX - 1));
    for (size_t i = 0; i < CST_MOMENTS_MAX / 2; i++) {
        assert_int_equal(copy.moments[i].stack, i + 1);
    }
    for (size_t i = CST_MOMENTS_MAX / 2; i < copy.count; i++) {
        assert_int_equal(copy.moments[i].stack, MANY - copy.count + i + 1);
    }
    cst_history_clear(&history);
}

static void there_is_always_room_for_the_moment_that_broke_the_rule(void **state)
{
    (void)state;
    struct cst_history history = {0};
    for (uint32_t i = 1; i <= 40; i++) {
        add(&history, CUSTODY_DEED_LENT, i);
    }
    struct cst_history_copy copy = copy_of(&history);
    const struct cst_deed breach = {.deed = CUSTODY_DEED_RELEASED, .by = library_side, .stack = 99};
    cst_history_copy_add(&copy, &breach);
    assert_int_equal(copy.count, CST_MOMENTS_MAX);
    assert_int_equal(copy.moments[CST_MOMENTS_MAX - 1].stack, 99);
    assert_string_equal(copy.moments[CST_MOMENTS_MAX - 1].by.side, "library");
    cst_history_copy_add(&copy, &breach);
    assert_int_equal(copy.count, CST_MOMENTS_MAX);
    assert_int_equal(copy_of(&history).count, CST_MOMENTS_MAX - 1);
    cst_history_clear(&history);
}

static void what_is_forgotten_is_memory_for_others(void **state)
{
    (void)state;
    struct cst_history history = {0};
    for (uint32_t i = 0; i < CST_MOMENTS_MAX; i++) {
        add(&history, CUSTODY_DEED_MADE, i);
    }
    cst_history_clear(&history);
    assert_int_equal(copy_of(&history).count, 0);
    out_of_memory = true;
    for (unsigned round = 0; round < 1000; round++) {
        for (uint32_t i = 0; i < CST_MOMENTS_MAX - 1; i++) {
            add(&history, CUSTODY_DEED_MADE, i);
        }
        assert_int_equal(copy_of(&history).count, CST_MOMENTS_MAX - 1);
        assert_int_equal(copy_of(&history).left_out, 0);
        cst_history_clear(&history);
    }
    out_of_memory = false;
}

static void without_memory_moments_are_counted_as_left_out(void **state)
{
    (void)state;
    struct cst_history history = {0}, holder = {0};
    out_of_memory = true;
    /* Whatever is unused goes first: moments of one history at a time cannot use more than they are allowed to. */
    struct cst_history taken[64] = {{0}};
    size_t count = 0;
    do {
        add(&taken[count], CUSTODY_DEED_MADE, 1);
        holder = taken[count++];
    } while (holder.kept > 0 && count < 64);
    assert_true(count < 64);
    add(&history, CUSTODY_DEED_MADE, 1);
    add(&history, CUSTODY_DEED_ENDED, 2);
    out_of_memory = false;
    struct cst_history_copy copy = copy_of(&history);
    assert_int_equal(copy.count, 0);
    assert_int_equal(copy.left_out, 2);
    add(&history, CUSTODY_DEED_ENDED, 3);
    assert_int_equal(copy_of(&history).count, 1);
    cst_history_clear(&history);
    for (size_t i = 0; i < count; i++) {
        cst_history_clear(&taken[i]);
    }
}

static void the_thread_that_did_it_is_named(void **state)
{
    (void)state;
    struct cst_history history = {0};
    assert_int_equal(pthread_setname_np(pthread_self(), "borrower"), 0);
    add(&history, CUSTODY_DEED_LENT, 1);
    assert_int_equal(pthread_setname_np(pthread_self(), "owner"), 0);
    struct cst_history_copy copy = copy_of(&history);
    assert_string_equal(copy.moments[0].thread, "borrower");
    cst_history_clear(&history);
}

static void stacks_are_as_deep_as_is_set(void **state)
{
    (void)state;
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_ALLOC, .return_address = AT_MAKE};
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    cst_thread.stacks = 0;
    assert_int_equal(cst_history_stack(&call), 0);
    cst_thread.stacks = 1;
    assert_int_equal(cst_stack_load(cst_history_stack(&call), frames), 1);
    assert_int_equal(frames[0], AT_MAKE);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *live(void *unused)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct cst_history history = {0};
        for (uint32_t i = 1; i <= 20; i++) {
            add(&history, CUSTODY_DEED_LENT, i);
        }
        struct cst_history_copy copy = copy_of(&history);
        if (copy.count != CST_MOMENTS_MAX - 1 || copy.moments[0].stack != 1 ||
            copy.moments[copy.count - 1].stack != 20) {
            return &out_of_memory;
        }
        cst_history_clear(&history);
    }
    return unused;
}

static void threads_keep_histories_apart(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    void *wrong = NULL;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, live, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static int start(void **state)
{
    (void)state;
    return world_start() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_told_in_order_with_who_took_part),
        cmocka_unit_test(nothing_has_happened_to_a_new_one),
        cmocka_unit_test(of_a_long_one_the_first_and_the_last_are_kept),
        cmocka_unit_test(there_is_always_room_for_the_moment_that_broke_the_rule),
        cmocka_unit_test(what_is_forgotten_is_memory_for_others),
        cmocka_unit_test(without_memory_moments_are_counted_as_left_out),
        cmocka_unit_test(the_thread_that_did_it_is_named),
        cmocka_unit_test(stacks_are_as_deep_as_is_set),
        cmocka_unit_test(threads_keep_histories_apart),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
