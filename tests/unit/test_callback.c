/* Callbacks, through the public API: data is dropped once, never while a call runs, and no call begins after that. */
#include "custody/callback.h"

#include "core/callback.h"
#include "core/callback_table.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "child.h"
#include "ownership.h"

static custody_side library;

/* What the drop function got, and how often. */
static void *dropped;
static _Atomic unsigned drops;

static void drop(void *data)
{
    dropped = data;
    atomic_fetch_add(&drops, 1);
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(custody_side_register("device", CUSTODY_LANG_C, &library), CUSTODY_STATUS_OK);
    listen();
    return 0;
}

static int begin(void **state)
{
    (void)state;
    forget();
    dropped = NULL;
    atomic_store(&drops, 0);
    return 0;
}

static custody_callback new_callback(void *data)
{
    custody_callback callback = 0;
    assert_int_equal(custody_callback_register(library, "on_event", data, drop, &callback), CUSTODY_STATUS_OK);
    assert_int_not_equal(callback, 0);
    return callback;
}

static bool enter(custody_callback callback, void *expected)
{
    void *data = &data;
    bool entered = custody_callback_enter(callback, &data);
    assert_ptr_equal(data, entered ? expected : &data);
    return entered;
}

static void data_comes_with_each_call_and_is_dropped_once(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data);
    assert_true(enter(callback, &data));
    assert_true(enter(callback, &data));
    assert_true(custody_callback_leave(callback));
    assert_true(custody_callback_leave(callback));
    assert_int_equal(drops, 0);
    assert_true(custody_callback_drop(callback));
    assert_int_equal(drops, 1);
    assert_ptr_equal(dropped, &data);
    assert_silent();
}

static void arguments_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    custody_callback callback = 7;
    assert_int_equal(custody_callback_register(library, NULL, NULL, drop, &callback), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_callback_register(library, "", NULL, drop, &callback), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_callback_register(library, "x", NULL, drop, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_callback_register(UINT16_MAX, "x", NULL, drop, &callback),
                     CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(callback, 0);
    assert_true(custody_callback_drop(0));
    assert_silent();
}

static void a_second_drop_is_told_and_drops_nothing(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data);
    assert_true(custody_callback_drop(callback));
    assert_false(custody_callback_drop(callback));
    assert_int_equal(drops, 1);
    assert_string_equal(last.function, "custody_callback_drop");
    assert_string_equal(last.type, "on_event");
    assert_string_equal(last.owner, "device");
    assert_string_equal(last.advice, "no use of on_event after it was dropped, or its library closed");
    assert_int_equal(last.number, callback);
    assert_int_equal(last.deed_count, 2);
    assert_int_equal(last.deeds[0], CUSTODY_DEED_REGISTERED);
    assert_int_equal(last.deeds[1], CUSTODY_DEED_DROPPED);
    assert_told(STALE_HANDLE, &data);
}

static void a_call_after_the_drop_is_refused(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data);
    assert_true(custody_callback_drop(callback));
    assert_false(enter(callback, &data));
    assert_string_equal(last.function, "custody_callback_enter");
    assert_told(STALE_HANDLE, &data);
}

static void leaving_needs_a_call(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data);
    assert_false(custody_callback_leave(callback));
    assert_string_equal(last.advice, "custody_callback_leave() once after each call of on_event that was entered");
    assert_told(STALE_HANDLE, &data);
    assert_true(custody_callback_drop(callback));
}

static void a_drop_during_a_call_is_told_and_waits_for_its_end(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data);
    assert_true(enter(callback, &data));
    assert_true(enter(callback, &data));
    assert_false(custody_callback_drop(callback));
    const enum custody_deed deeds[] = {CUSTODY_DEED_REGISTERED, CUSTODY_DEED_ENTERED};
    assert_int_equal(last.deed_count, 2);
    assert_memory_equal(last.deeds, deeds, sizeof deeds);
    assert_string_equal(last.advice, "to drop on_event after its last call");
    assert_told(RELEASED_WHILE_LENT, &data);
    assert_false(enter(callback, &data));
    assert_told(STALE_HANDLE, &data);
    assert_false(custody_callback_drop(callback));
    assert_told(STALE_HANDLE, &data);
    assert_true(custody_callback_leave(callback));
    assert_int_equal(drops, 0);
    assert_true(custody_callback_leave(callback));
    assert_int_equal(drops, 1);
    assert_silent();
    assert_false(custody_callback_drop(callback));
    assert_told(STALE_HANDLE, &data);
}

static void numbers_that_were_never_given_are_told(void **state)
{
    (void)state;
    custody_callback callback = new_callback(NULL);
    const custody_callback others[] = {
        0, 1, 2, UINT64_MAX, callback + 1, callback + 2 * CST_CALLBACKS_MAX, callback / 2, UINT64_MAX >> 1 << 1};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(enter(others[i], NULL));
        assert_string_equal(last.advice, "a number that custody_callback_register() gave");
        assert_told(STALE_HANDLE, NULL);
        assert_false(custody_callback_leave(others[i]));
        assert_told(STALE_HANDLE, NULL);
    }
    assert_true(custody_callback_drop(callback));
}

static void a_closed_library_keeps_no_callback(void **state)
{
    (void)state;
    int data[3];
    custody_side closing, again;
    custody_callback callbacks[3], other = new_callback(NULL), refused;
    assert_int_equal(custody_side_register("closing", CUSTODY_LANG_C, &closing), CUSTODY_STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(custody_callback_register(closing, "on_close", &data[i], drop, &callbacks[i]),
                         CUSTODY_STATUS_OK);
    }
    assert_true(custody_callback_drop(callbacks[1]));
    assert_int_equal(custody_close(closing), 2);
    assert_int_equal(drops, 3);
    assert_silent();
    assert_false(enter(callbacks[0], &data[0]));
    assert_int_equal(last.deeds[1], CUSTODY_DEED_CLOSED);
    assert_told(STALE_HANDLE, &data[0]);
    assert_int_equal(custody_close(closing), 0);
    assert_int_equal(custody_callback_register(closing, "on_close", NULL, drop, &refused),
                     CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(refused, 0);
    assert_int_equal(custody_side_register("closing", CUSTODY_LANG_C, &again), CUSTODY_STATUS_OK);
    assert_int_equal(custody_callback_register(closing, "on_close", NULL, NULL, &refused), CUSTODY_STATUS_OK);
    assert_true(custody_callback_drop(refused));
    assert_true(enter(other, NULL));
    assert_true(custody_callback_leave(other));
    assert_true(custody_callback_drop(other));
    assert_int_equal(custody_close(UINT16_MAX), 0);
    assert_silent();
}

static void closing_waits_for_calls_that_run(void **state)
{
    (void)state;
    int data;
    custody_side closing;
    custody_callback callback;
    assert_int_equal(custody_side_register("busy", CUSTODY_LANG_C, &closing), CUSTODY_STATUS_OK);
    assert_int_equal(custody_callback_register(closing, "on_busy", &data, drop, &callback), CUSTODY_STATUS_OK);
    assert_true(enter(callback, &data));
    assert_int_equal(custody_close(closing), 1);
    assert_string_equal(last.function, "custody_close");
    assert_told(RELEASED_WHILE_LENT, &data);
    assert_int_equal(drops, 0);
    assert_true(custody_callback_leave(callback));
    assert_int_equal(drops, 1);
    assert_silent();
}

static custody_callback inner;

/* A drop function may use the API. */
static void drop_another(void *data)
{
    drop(data);
    assert_true(custody_callback_drop(inner));
    custody_release(library, custody_alloc(library, 100, 0));
}

static void a_drop_function_may_drop_another(void **state)
{
    (void)state;
    int data;
    custody_callback callback;
    inner = new_callback(NULL);
    assert_int_equal(custody_callback_register(library, "on_outer", &data, drop_another, &callback), CUSTODY_STATUS_OK);
    assert_true(custody_callback_drop(callback));
    assert_int_equal(drops, 2);
    assert_silent();
}

static void an_old_number_is_stale_when_its_record_is_used_again(void **state)
{
    (void)state;
    int data;
    custody_callback first = new_callback(&data);
    assert_true(custody_callback_drop(first));
    for (size_t i = 0; i < 4 * CST_CALLBACKS_DROPPED_MIN; i++) {
        custody_callback callback = new_callback(NULL);
        assert_int_not_equal(callback, first);
        assert_true(custody_callback_drop(callback));
    }
    assert_silent();
    assert_false(enter(first, &data));
    assert_string_equal(last.type, "callback");
    assert_int_equal(last.deed_count, 0);
    assert_told(STALE_HANDLE, NULL);
}

static void tens_of_thousands_are_registered_at_once(void **state)
{
    (void)state;
    enum { CALLBACKS = 20000 };
    static custody_callback callbacks[CALLBACKS];
    static char data[CALLBACKS];
    for (size_t i = 0; i < CALLBACKS; i++) {
        callbacks[i] = new_callback(&data[i]);
    }
    for (size_t i = 0; i < CALLBACKS; i++) {
        assert_true(enter(callbacks[i], &data[i]));
        assert_true(custody_callback_leave(callbacks[i]));
        assert_true(custody_callback_drop(callbacks[i]));
    }
    assert_int_equal(drops, CALLBACKS);
    assert_silent();
}

static void *enter_and_drop(void *callbacks)
{
    for (size_t i = 0; i < 2000; i++) {
        custody_callback callback = ((custody_callback *)callbacks)[i];
        void *data;
        if (custody_callback_enter(callback, &data)) {
            assert_int_equal(atomic_load((_Atomic int *)data), 1);
            custody_callback_leave(callback);
        }
        custody_callback_drop(callback);
    }
    return NULL;
}

static void clear(void *data)
{
    assert_int_equal(atomic_exchange((_Atomic int *)data, 0), 1);
    atomic_fetch_add(&drops, 1);
}

static void of_threads_that_drop_a_callback_one_does_when_none_runs(void **state)
{
    (void)state;
    static custody_callback callbacks[2000];
    static _Atomic int data[2000];
    pthread_t threads[4];
    for (size_t i = 0; i < 2000; i++) {
        atomic_store(&data[i], 1);
        assert_int_equal(custody_callback_register(library, "on_race", &data[i], clear, &callbacks[i]),
                         CUSTODY_STATUS_OK);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, enter_and_drop, callbacks), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(drops, 2000);
}

static void data_that_nobody_drops_is_told_at_the_end(void **state)
{
    (void)state;
    int data;
    custody_callback callback = new_callback(&data), borrowed;
    assert_int_equal(custody_callback_register(library, "on_loan", &data, NULL, &borrowed), CUSTODY_STATUS_OK);
    cst_callback_farewell();
    assert_null(last.function);
    assert_string_equal(last.type, "on_event");
    assert_told(HANDLE_LEAK, &data);
    assert_true(custody_callback_drop(callback));
    assert_true(custody_callback_drop(borrowed));
    cst_callback_farewell();
    assert_int_equal(drops, 1);
    assert_silent();
}

static void release_data(void *data)
{
    drop(data);
    custody_release(library, data);
}

static void data_that_is_released_while_it_is_registered_is_told(void **state)
{
    (void)state;
    void *data = custody_alloc(library, 61, 0);
    custody_callback first, second;
    assert_int_equal(custody_callback_register(library, "on_first", data, NULL, &first), CUSTODY_STATUS_OK);
    assert_int_equal(custody_callback_register(library, "on_second", data, NULL, &second), CUSTODY_STATUS_OK);
    assert_true(custody_callback_drop(first));
    custody_release(library, data);
    assert_null(last.function);
    assert_string_equal(last.type, "on_second");
    assert_true(last.has_by);
    assert_told(RELEASED_WHILE_LENT, data);
    assert_true(custody_callback_drop(second));
    data = custody_alloc(library, 62, 0);
    assert_int_equal(custody_callback_register(library, "on_first", data, drop, &first), CUSTODY_STATUS_OK);
    void *moved = custody_resize(library, data, 200000);
    assert_told(RELEASED_WHILE_LENT, data);
    assert_true(custody_callback_drop(first));
    custody_release(library, moved);
    assert_silent();
}

static void data_that_its_callback_released_or_that_was_dropped_before_is_well(void **state)
{
    (void)state;
    custody_callback callback;
    assert_int_equal(
        custody_callback_register(library, "on_own", custody_alloc(library, 63, 0), release_data, &callback),
        CUSTODY_STATUS_OK);
    assert_true(custody_callback_drop(callback));
    void *data = custody_alloc(library, 64, 0);
    assert_int_equal(custody_callback_register(library, "on_lent", data, NULL, &callback), CUSTODY_STATUS_OK);
    data = custody_resize(library, data, 60);
    assert_true(custody_callback_drop(callback));
    custody_release(library, data);
    assert_int_equal(drops, 1);
    assert_silent();
}

static custody_callback inherited;

/* What ran in the parent never ends here, which is nobody's fault. */
static void use_inherited(void)
{
    listen();
    cst_callback_farewell();
    require(!custody_callback_drop(inherited) || true);
    require(last.count == 0);
    custody_callback own;
    require(custody_callback_register(library, "on_child", NULL, drop, &own) == CUSTODY_STATUS_OK);
    cst_callback_farewell();
    require(last.count == 1);
}

static void a_child_does_not_answer_for_its_parents_callbacks(void **state)
{
    (void)state;
    int data;
    inherited = new_callback(&data);
    assert_true(enter(inherited, &data));
    assert_int_equal(in_a_child(use_inherited), 0);
    assert_true(custody_callback_leave(inherited));
    assert_true(custody_callback_drop(inherited));
    assert_silent();
}

/* Only the library's record leads to the data: it is no leak. */
__attribute__((noinline)) static custody_callback hide_data(void)
{
    custody_callback callback;
    void *data = custody_alloc(library, 4321, 0);
    assert_int_equal(custody_callback_register(library, "on_hidden", data, drop, &callback), CUSTODY_STATUS_OK);
    return callback;
}

__attribute__((noinline)) static void drop_hidden(custody_callback callback)
{
    assert_true(custody_callback_drop(callback));
    dropped = NULL;
}

__attribute__((noinline)) static void clear_stack(void)
{
    volatile char used[16384];
    for (size_t i = 0; i < sizeof used; i++) {
        used[i] = 0;
    }
}

static void data_is_reachable_while_it_is_registered(void **state)
{
    (void)state;
    struct custody_leaks before, with, after;
    clear_stack();
    assert_int_equal(custody_find_leaks(&before), CUSTODY_STATUS_OK);
    custody_callback callback = hide_data();
    clear_stack();
    assert_int_equal(custody_find_leaks(&with), CUSTODY_STATUS_OK);
    assert_int_equal(with.definite_bytes, before.definite_bytes);
    assert_int_equal(with.reachable_bytes, before.reachable_bytes + 4321);
    drop_hidden(callback);
    forget(); /* the sink was told of the block, and remembers its address */
    clear_stack();
    assert_int_equal(custody_find_leaks(&after), CUSTODY_STATUS_OK);
    assert_int_equal(after.definite_bytes, before.definite_bytes + 4321);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(data_comes_with_each_call_and_is_dropped_once, begin),
        cmocka_unit_test_setup(arguments_that_make_no_sense_are_refused, begin),
        cmocka_unit_test_setup(a_second_drop_is_told_and_drops_nothing, begin),
        cmocka_unit_test_setup(a_call_after_the_drop_is_refused, begin),
        cmocka_unit_test_setup(leaving_needs_a_call, begin),
        cmocka_unit_test_setup(a_drop_during_a_call_is_told_and_waits_for_its_end, begin),
        cmocka_unit_test_setup(numbers_that_were_never_given_are_told, begin),
        cmocka_unit_test_setup(a_closed_library_keeps_no_callback, begin),
        cmocka_unit_test_setup(closing_waits_for_calls_that_run, begin),
        cmocka_unit_test_setup(a_drop_function_may_drop_another, begin),
        cmocka_unit_test_setup(an_old_number_is_stale_when_its_record_is_used_again, begin),
        cmocka_unit_test_setup(tens_of_thousands_are_registered_at_once, begin),
        cmocka_unit_test_setup(of_threads_that_drop_a_callback_one_does_when_none_runs, begin),
        cmocka_unit_test_setup(data_that_nobody_drops_is_told_at_the_end, begin),
        cmocka_unit_test_setup(data_that_is_released_while_it_is_registered_is_told, begin),
        cmocka_unit_test_setup(data_that_its_callback_released_or_that_was_dropped_before_is_well, begin),
        cmocka_unit_test_setup(a_child_does_not_answer_for_its_parents_callbacks, begin),
        cmocka_unit_test_setup(data_is_reachable_while_it_is_registered, begin),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
