/* Objects that a library owns, through the public API: right use is silent, each wrong use is told once and does nothing. */
#include "custody/object.h"

#include "core/kept_back.h"
#include "core/object.h"
#include "core/object_table.h"

#include <errno.h>
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

static custody_side side;
static custody_type ledger, account, window, shared;

static custody_type type_of(const char *name, const char *destroy, unsigned flags)
{
    custody_type type = 0;
    assert_int_equal(custody_type_register(side, name, destroy, flags, &type), CUSTODY_STATUS_OK);
    return type;
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(custody_side_register("books", CUSTODY_LANG_C, &side), CUSTODY_STATUS_OK);
    ledger = type_of("ledger", "ledger_close", CUSTODY_TYPE_PLAIN);
    account = type_of("account", NULL, CUSTODY_TYPE_PLAIN);
    window = type_of("window", "window_close", CUSTODY_TYPE_THREAD_BOUND);
    shared = type_of("shared", "shared_unref", CUSTODY_TYPE_COUNTED);
    listen();
    return 0;
}

static int begin(void **state)
{
    (void)state;
    forget();
    return 0;
}

/* Runs `body` in a thread of its own. */
static void elsewhere(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, body, argument), 0);
    pthread_join(thread, NULL);
}

static void an_object_is_zeroed_and_its_sides_block(void **state)
{
    (void)state;
    char *object = custody_create(ledger, 301);
    struct custody_description description;
    assert_non_null(object);
    for (size_t i = 0; i < 301; i++) {
        assert_int_equal(object[i], 0);
    }
    assert_int_equal(custody_describe(object, &description), CUSTODY_STATUS_OK);
    assert_string_equal(description.side, "books");
    assert_int_equal(description.size, 301);
    assert_string_equal(description.type, "ledger");
    assert_true(custody_check(ledger, object));
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
    assert_int_equal(custody_describe(object, &description), CUSTODY_STATUS_OK);
    assert_false(description.live);
    assert_null(description.type);
    assert_silent();
}

static void a_type_is_one_for_equal_names_of_a_side(void **state)
{
    (void)state;
    custody_side other;
    custody_type type;
    assert_int_equal(type_of("ledger", "another_name", CUSTODY_TYPE_PLAIN), ledger);
    assert_int_equal(custody_side_register("others", CUSTODY_LANG_C, &other), CUSTODY_STATUS_OK);
    assert_int_equal(custody_type_register(other, "ledger", NULL, 0, &type), CUSTODY_STATUS_OK);
    assert_int_not_equal(type, ledger);
    assert_int_equal(custody_type_register(side, "ledger", NULL, CUSTODY_TYPE_COUNTED, &type),
                     CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(type, 0);
}

static void arguments_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    custody_type type;
    char byte;
    assert_int_equal(custody_type_register(side, NULL, NULL, 0, &type), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_type_register(side, "", NULL, 0, &type), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_type_register(side, "x", NULL, 0, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_type_register(side, "x", NULL, 64, &type), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_adopt(ledger, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_adopt(0, &byte), CUSTODY_STATUS_INVALID_ARGUMENT);
    errno = 0;
    assert_null(custody_create(0, 8));
    assert_int_equal(errno, EINVAL);
    assert_null(custody_create(999999, 8));
    errno = 0;
    assert_null(custody_create(ledger, SIZE_MAX / 2));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(custody_end(ledger, NULL), CUSTODY_KEPT);
    assert_int_equal(custody_destroy(ledger, NULL), CUSTODY_KEPT);
    assert_silent();
}

static void an_object_of_another_type_is_told_and_left_alone(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 16);
    assert_false(custody_check(account, object));
    assert_string_equal(last.function, "custody_check");
    assert_string_equal(last.type, "ledger");
    assert_string_equal(last.expected_type, "account");
    assert_string_equal(last.owner, "books");
    assert_string_equal(last.advice, "an object of type account; this ledger ends by ledger_close()");
    assert_true(last.has_block && last.has_by);
    assert_int_equal(last.deed_count, 1);
    assert_int_equal(last.deeds[0], CUSTODY_DEED_MADE);
    assert_told(WRONG_TYPE, object);
    assert_int_equal(custody_destroy(account, object), CUSTODY_REFUSED);
    assert_string_equal(last.function, "custody_destroy");
    assert_told(WRONG_TYPE, object);
    assert_true(custody_check(ledger, object));
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
    assert_silent();
}

static void what_is_no_object_is_no_object_of_the_type(void **state)
{
    (void)state;
    char text[] = "text";
    assert_false(custody_check(ledger, text));
    assert_null(last.type);
    assert_string_equal(last.expected_type, "ledger");
    assert_told(WRONG_TYPE, text);
    assert_false(custody_check(ledger, NULL));
    assert_told(WRONG_TYPE, NULL);
    assert_int_equal(custody_end(ledger, text), CUSTODY_REFUSED);
    assert_told(WRONG_TYPE, text);
    assert_false(custody_check(0, text));
    assert_told(WRONG_TYPE, text);
}

/* The numbers of types share a word with other things. */
static void a_number_that_is_no_type_fits_no_object(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 16);
    for (unsigned bit = 12; bit < 32; bit++) {
        assert_false(custody_check(ledger | (custody_type)1 << bit, object));
        assert_told(WRONG_TYPE, object);
    }
    assert_false(custody_check(0, object));
    assert_told(WRONG_TYPE, object);
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
}

static void an_object_that_was_destroyed_is_stale(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 16);
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
    assert_silent();
    assert_false(custody_check(ledger, object));
    assert_string_equal(last.type, "ledger");
    assert_string_equal(last.advice, "no use of the ledger after ledger_close()");
    assert_int_equal(last.deed_count, 2);
    assert_int_equal(last.deeds[1], CUSTODY_DEED_ENDED);
    assert_told(STALE_HANDLE, object);
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_REFUSED);
    assert_told(STALE_HANDLE, object);
    assert_false(custody_retain(shared, object));
    assert_told(STALE_HANDLE, object);
}

static void an_adopted_object_is_one_until_it_ends(void **state)
{
    (void)state;
    static char place[3];
    assert_int_equal(custody_adopt(account, place + 1), CUSTODY_STATUS_OK);
    assert_int_equal(custody_adopt(account, place + 1), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_adopt(ledger, place + 2), CUSTODY_STATUS_OK);
    assert_true(custody_check(account, place + 1));
    assert_true(custody_check(ledger, place + 2));
    assert_int_equal(custody_end(account, place + 1), CUSTODY_ENDED);
    assert_silent();
    assert_int_equal(custody_end(account, place + 1), CUSTODY_REFUSED);
    assert_string_equal(last.advice, "no use of the account after custody_end()");
    assert_told(STALE_HANDLE, place + 1);
    assert_int_equal(custody_adopt(ledger, place + 1), CUSTODY_STATUS_OK);
    assert_int_equal(custody_end(ledger, place + 1), CUSTODY_ENDED);
    assert_int_equal(custody_end(ledger, place + 2), CUSTODY_ENDED);
    assert_silent();
}

static void destroying_an_adopted_object_leaves_its_memory_alone(void **state)
{
    (void)state;
    char *block = custody_alloc(side, 40, 0);
    struct custody_description description;
    assert_int_equal(custody_adopt(ledger, block), CUSTODY_STATUS_OK);
    assert_int_equal(custody_destroy(ledger, block), CUSTODY_ENDED);
    assert_int_equal(custody_describe(block, &description), CUSTODY_STATUS_OK);
    assert_true(description.live);
    custody_release(side, block);
    assert_silent();
}

static void *use_window(void *object)
{
    assert_false(custody_check(window, object));
    assert_string_equal(last.advice, "to use and end the window in the thread that made it");
    assert_told(WRONG_THREAD, object);
    assert_int_equal(custody_destroy(window, object), CUSTODY_REFUSED);
    assert_told(WRONG_THREAD, object);
    void *own = custody_create(window, 24);
    assert_true(custody_check(window, own));
    assert_int_equal(custody_destroy(window, own), CUSTODY_ENDED);
    return NULL;
}

static void *use_ledger(void *object)
{
    assert_true(custody_check(ledger, object));
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
    return NULL;
}

static void an_object_bound_to_a_thread_is_that_threads(void **state)
{
    (void)state;
    void *object = custody_create(window, 24);
    assert_true(custody_check(window, object));
    elsewhere(use_window, object);
    assert_int_equal(custody_destroy(window, object), CUSTODY_ENDED);
    elsewhere(use_ledger, custody_create(ledger, 24));
    assert_silent();
}

static void a_counted_object_lives_as_long_as_a_reference(void **state)
{
    (void)state;
    void *object = custody_create(shared, 8);
    assert_true(custody_retain(shared, object));
    assert_true(custody_retain(shared, object));
    assert_int_equal(custody_destroy(shared, object), CUSTODY_KEPT);
    assert_int_equal(custody_destroy(shared, object), CUSTODY_KEPT);
    assert_true(custody_check(shared, object));
    assert_int_equal(custody_destroy(shared, object), CUSTODY_ENDED);
    assert_silent();
    assert_int_equal(custody_destroy(shared, object), CUSTODY_REFUSED);
    const enum custody_deed deeds[] = {CUSTODY_DEED_MADE,   CUSTODY_DEED_RETAINED, CUSTODY_DEED_RETAINED,
                                       CUSTODY_DEED_LET_GO, CUSTODY_DEED_LET_GO,   CUSTODY_DEED_ENDED};
    assert_int_equal(last.deed_count, 6);
    assert_memory_equal(last.deeds, deeds, sizeof deeds);
    assert_told(STALE_HANDLE, object);
}

static void a_type_without_references_has_none(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 8);
    assert_false(custody_retain(ledger, object));
    assert_string_equal(last.advice, "CUSTODY_TYPE_COUNTED where the type ledger is registered");
    assert_told(WRONG_TYPE, object);
    assert_int_equal(custody_destroy(ledger, object), CUSTODY_ENDED);
}

static void equal_misuse_is_told_once(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 16);
    custody_destroy(ledger, object);
    for (int i = 0; i < 5; i++) {
        assert_false(custody_check(ledger, object));
    }
    assert_int_equal(last.count, 1);
}

static void errno_is_as_it_was(void **state)
{
    (void)state;
    errno = 77;
    void *object = custody_create(ledger, 16);
    custody_check(account, object);
    custody_destroy(ledger, object);
    custody_destroy(ledger, object);
    assert_int_equal(errno, 77);
}

/* Memory of objects that ended is not used again at once, and is in the end. */
static void ended_objects_are_kept_back_for_a_while(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 48);
    custody_destroy(ledger, object);
    for (int i = 0; i < CST_KEPT_BACK_MAX - 1; i++) {
        void *next = custody_create(ledger, 48);
        assert_ptr_not_equal(next, object);
        custody_destroy(ledger, next);
    }
    assert_silent();
    assert_false(custody_check(ledger, object));
    assert_told(STALE_HANDLE, object);
}

static void a_released_object_is_used_again_in_the_end(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 48);
    bool came_back = false;
    custody_destroy(ledger, object);
    for (int i = 0; i < 20 * CST_KEPT_BACK_MAX && !came_back; i++) {
        void *next = custody_create(ledger, 48);
        came_back = next == object;
        assert_true(custody_check(ledger, next));
        custody_destroy(ledger, next);
    }
    assert_true(came_back);
    assert_silent();
}

static void an_object_that_was_forgotten_is_stale_all_the_same(void **state)
{
    (void)state;
    enum { OBJECTS = 2 * CST_OBJECT_SHARDS * CST_OBJECTS_ENDED_MAX };
    static uint64_t places[OBJECTS];
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_int_equal(custody_adopt(ledger, &places[i]), CUSTODY_STATUS_OK);
        assert_int_equal(custody_end(ledger, &places[i]), CUSTODY_ENDED);
    }
    assert_silent();
    assert_false(custody_check(ledger, &places[0]));
    assert_null(last.type);
    assert_told(STALE_HANDLE, &places[0]);
}

static void tens_of_thousands_of_objects_live_at_once(void **state)
{
    (void)state;
    enum { OBJECTS = 50000 };
    static char places[OBJECTS];
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_int_equal(custody_adopt(i % 2 ? ledger : account, &places[i]), CUSTODY_STATUS_OK);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_true(custody_check(i % 2 ? ledger : account, &places[i]));
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_int_equal(custody_end(i % 2 ? ledger : account, &places[i]), CUSTODY_ENDED);
    }
    assert_silent();
}

#define THREADS 4
static _Atomic int winners;

static void *race_for(void *objects)
{
    for (size_t i = 0; i < 2000; i++) {
        void *object = ((void **)objects)[i];
        if (custody_check(ledger, object) && custody_destroy(ledger, object) == CUSTODY_ENDED) {
            atomic_fetch_add(&winners, 1);
        }
        void *own = custody_create(account, 32);
        assert_true(custody_check(account, own));
        assert_int_equal(custody_destroy(account, own), CUSTODY_ENDED);
    }
    return NULL;
}

static void of_threads_that_destroy_an_object_one_does(void **state)
{
    (void)state;
    static void *objects[2000];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < 2000; i++) {
        objects[i] = custody_create(ledger, 32);
    }
    atomic_store(&winners, 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race_for, objects), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(winners, 2000);
}

static void what_ends_an_object_may_be_said_in_words(void **state)
{
    (void)state;
    custody_type type = 0;
    assert_int_equal(custody_type_register(side, "drawer", "the destructor of its owner", 0, &type), CUSTODY_STATUS_OK);
    void *object = custody_create(type, 16);
    cst_object_farewell();
    assert_string_equal(last.advice, "the destructor of its owner");
    assert_told(HANDLE_LEAK, object);
    custody_check(ledger, object);
    assert_string_equal(last.advice, "an object of type ledger; this drawer ends by the destructor of its owner");
    assert_told(WRONG_TYPE, object);
    custody_destroy(type, object);
    assert_int_equal(custody_check(type, object), 0);
    assert_string_equal(last.advice, "no use of the drawer after the destructor of its owner");
    assert_told(STALE_HANDLE, object);
}

static void what_was_not_ended_is_told_at_the_end(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 16);
    cst_object_farewell();
    assert_null(last.function);
    assert_string_equal(last.type, "ledger");
    assert_string_equal(last.advice, "ledger_close()");
    assert_false(last.has_by);
    assert_told(HANDLE_LEAK, object);
    custody_destroy(ledger, object);
    cst_object_farewell();
    assert_silent();
}

static void memory_that_is_released_with_an_object_in_it_is_told(void **state)
{
    (void)state;
    void *object = custody_create(ledger, 72);
    custody_release(side, object);
    assert_null(last.function);
    assert_string_equal(last.advice, "ledger_close() before its memory is released");
    assert_int_equal(last.deed_count, 2);
    assert_int_equal(last.deeds[1], CUSTODY_DEED_RELEASED);
    assert_told(HANDLE_LEAK, object);
    assert_false(custody_check(ledger, object));
    assert_string_equal(last.advice, "no use of the ledger after its memory was released");
    assert_told(STALE_HANDLE, object);
    cst_object_farewell();
    void *block = custody_alloc(side, 72, 0);
    assert_int_equal(custody_adopt(ledger, block), CUSTODY_STATUS_OK);
    assert_int_equal(custody_end(ledger, block), CUSTODY_ENDED);
    custody_release(side, block);
    assert_silent();
}

static void an_object_whose_memory_is_resized_lives_on_where_it_is(void **state)
{
    (void)state;
    char *object = custody_create(shared, 72);
    assert_true(custody_retain(shared, object));
    object = custody_resize(side, object, 70);
    assert_true(custody_check(shared, object));
    char *moved = custody_resize(side, object, 100000);
    assert_ptr_not_equal(moved, object);
    assert_true(custody_check(shared, moved));
    assert_silent();
    assert_false(custody_check(shared, object));
    assert_told(STALE_HANDLE, object);
    assert_int_equal(custody_destroy(shared, moved), CUSTODY_KEPT);
    assert_int_equal(custody_destroy(shared, moved), CUSTODY_ENDED);
    cst_object_farewell();
    assert_silent();
}

/* What Custody made is told here, and no leak besides; what was adopted is its allocator's. */
static void an_object_that_is_left_is_no_other_leak_if_its_memory_is_its_own(void **state)
{
    (void)state;
    void *made = custody_create(ledger, 80), *block = custody_alloc(side, 81, 0);
    assert_int_equal(custody_adopt(account, block), CUSTODY_STATUS_OK);
    cst_object_farewell();
    assert_int_equal(last.count, 2);
    assert_true(cst_tag_is_told(cst_tag_of((uintptr_t)made)));
    assert_false(cst_tag_is_told(cst_tag_of((uintptr_t)block)));
    assert_int_equal(custody_destroy(ledger, made), CUSTODY_ENDED);
    assert_int_equal(custody_end(account, block), CUSTODY_ENDED);
    custody_release(side, block);
    assert_int_equal(last.count, 2);
}

static void *inherited;

/* What the parent made is known, but not the child's to end; unless it does. */
static void use_inherited(void)
{
    listen();
    require(custody_check(ledger, inherited));
    cst_object_farewell();
    require(last.count == 0);
    void *own = custody_create(account, 8);
    cst_object_farewell();
    require(last.count == 1 && last.address == (uintptr_t)own);
    require(custody_destroy(account, own) == CUSTODY_ENDED);
    require(custody_destroy(ledger, inherited) == CUSTODY_ENDED);
    require(!custody_check(ledger, inherited));
}

static void a_child_does_not_answer_for_its_parents_objects(void **state)
{
    (void)state;
    inherited = custody_create(ledger, 16);
    assert_int_equal(in_a_child(use_inherited), 0);
    assert_int_equal(custody_destroy(ledger, inherited), CUSTODY_ENDED);
    assert_silent();
}

static void *churn(void *done)
{
    static char places[5000];
    for (size_t i = 0; !atomic_load((atomic_bool *)done); i++) {
        (void)custody_adopt(account, &places[i % sizeof places]);
        (void)custody_end(account, &places[(i + sizeof places / 2) % sizeof places]);
    }
    return NULL;
}

/* Whatever the other thread was at when this one forked, the child goes on. */
static void a_child_goes_on_while_the_parent_was_busy(void **state)
{
    (void)state;
    atomic_bool done = false;
    pthread_t thread;
    inherited = custody_create(ledger, 16);
    assert_int_equal(pthread_create(&thread, NULL, churn, &done), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(in_a_child(use_inherited), 0);
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
    custody_destroy(ledger, inherited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_object_is_zeroed_and_its_sides_block, begin),
        cmocka_unit_test_setup(a_type_is_one_for_equal_names_of_a_side, begin),
        cmocka_unit_test_setup(arguments_that_make_no_sense_are_refused, begin),
        cmocka_unit_test_setup(an_object_of_another_type_is_told_and_left_alone, begin),
        cmocka_unit_test_setup(what_is_no_object_is_no_object_of_the_type, begin),
        cmocka_unit_test_setup(a_number_that_is_no_type_fits_no_object, begin),
        cmocka_unit_test_setup(an_object_that_was_destroyed_is_stale, begin),
        cmocka_unit_test_setup(an_adopted_object_is_one_until_it_ends, begin),
        cmocka_unit_test_setup(destroying_an_adopted_object_leaves_its_memory_alone, begin),
        cmocka_unit_test_setup(an_object_bound_to_a_thread_is_that_threads, begin),
        cmocka_unit_test_setup(a_counted_object_lives_as_long_as_a_reference, begin),
        cmocka_unit_test_setup(a_type_without_references_has_none, begin),
        cmocka_unit_test_setup(equal_misuse_is_told_once, begin),
        cmocka_unit_test_setup(errno_is_as_it_was, begin),
        cmocka_unit_test_setup(ended_objects_are_kept_back_for_a_while, begin),
        cmocka_unit_test_setup(a_released_object_is_used_again_in_the_end, begin),
        cmocka_unit_test_setup(tens_of_thousands_of_objects_live_at_once, begin),
        cmocka_unit_test_setup(of_threads_that_destroy_an_object_one_does, begin),
        cmocka_unit_test_setup(what_ends_an_object_may_be_said_in_words, begin),
        cmocka_unit_test_setup(what_was_not_ended_is_told_at_the_end, begin),
        cmocka_unit_test_setup(memory_that_is_released_with_an_object_in_it_is_told, begin),
        cmocka_unit_test_setup(an_object_whose_memory_is_resized_lives_on_where_it_is, begin),
        cmocka_unit_test_setup(an_object_that_is_left_is_no_other_leak_if_its_memory_is_its_own, begin),
        cmocka_unit_test_setup(a_child_does_not_answer_for_its_parents_objects, begin),
        cmocka_unit_test_setup(a_child_goes_on_while_the_parent_was_busy, begin),
        cmocka_unit_test_setup(an_object_that_was_forgotten_is_stale_all_the_same, begin),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
