/* Sides: one for each name and language, found again by module, by name and from every thread; isolated ones; and what
 * happens when numbers are used up. Numbers are never given back, so greedy tests run in a process of their own. */
#include "core/side.h"

#include "base/pool.h"
#include "child.h"
#include "core/heap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct cst_module client = {.id = 1, .name = "client", .lang = CUSTODY_LANG_RUST},
                               ledger = {.id = 2, .name = "libledger.so", .lang = CUSTODY_LANG_C},
                               ledger_again = {.id = 3, .name = "libledger.so", .lang = CUSTODY_LANG_C},
                               engine = {.id = 4, .name = "engine", .lang = CUSTODY_LANG_CXX};

static void assert_side(uint16_t number, const char *name, enum custody_lang lang, const struct cst_module *module)
{
    const struct cst_side *side = cst_side_get(number);
    assert_int_not_equal(number, CST_SIDE_UNKNOWN);
    assert_string_equal(side->name, name);
    assert_int_equal(side->lang, lang);
    assert_ptr_equal(side->module, module);
    assert_int_equal(side->arena, 0);
}

static void a_modules_side_has_the_language_of_the_contract_or_its_own(void **state)
{
    (void)state;
    assert_side(cst_side_of_module(&client, CUSTODY_CONTRACT_RUST), "client", CUSTODY_LANG_RUST, &client);
    assert_side(cst_side_of_module(&client, CUSTODY_CONTRACT_NEW_ARRAY), "client", CUSTODY_LANG_CXX, &client);
    assert_side(cst_side_of_module(&engine, CUSTODY_CONTRACT_MALLOC), "engine", CUSTODY_LANG_CXX, &engine);
    assert_side(cst_side_of_module(&ledger, CUSTODY_CONTRACT_MALLOC), "libledger.so", CUSTODY_LANG_C, &ledger);
}

static void malloc_in_a_rust_module_is_its_c_side(void **state)
{
    (void)state;
    uint16_t side = cst_side_of_module(&client, CUSTODY_CONTRACT_MALLOC);
    assert_side(side, "client", CUSTODY_LANG_C, &client);
    assert_int_not_equal(side, cst_side_of_module(&client, CUSTODY_CONTRACT_RUST));
}

static void a_side_is_found_again_by_module_and_by_name(void **state)
{
    (void)state;
    uint16_t side = cst_side_of_module(&ledger, CUSTODY_CONTRACT_MALLOC), count = cst_side_count();
    assert_int_equal(cst_side_of_module(&ledger, CUSTODY_CONTRACT_MALLOC), side);
    assert_int_equal(cst_side_of_module(&ledger_again, CUSTODY_CONTRACT_MALLOC), side);
    assert_int_equal(cst_side_register("libledger.so", CUSTODY_LANG_C), side);
    assert_int_equal(cst_side_count(), count);
}

static void a_registered_name_is_copied_and_has_no_module(void **state)
{
    (void)state;
    char name[] = "arena of frames";
    uint16_t side = cst_side_register(name, CUSTODY_LANG_CXX);
    memset(name, '#', sizeof name - 1);
    assert_side(side, "arena of frames", CUSTODY_LANG_CXX, NULL);
    assert_int_equal(cst_side_register("arena of frames", CUSTODY_LANG_CXX), side);
    assert_int_not_equal(cst_side_register("arena of frames", CUSTODY_LANG_NONE), side);
    assert_int_not_equal(cst_side_register("arena of frame", CUSTODY_LANG_CXX), side);
}

static void a_name_of_any_length_is_kept_as_far_as_it_fits(void **state)
{
    (void)state;
    char name[1000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *kept = cst_side_get(cst_side_register(name, CUSTODY_LANG_C))->name;
    assert_in_range(strlen(kept), 200, 255);
    assert_int_equal(strspn(kept, "n"), strlen(kept));
    assert_string_equal(cst_side_get(cst_side_register("", CUSTODY_LANG_C))->name, "");
}

static void numbers_that_are_not_in_use_are_the_unknown_side(void **state)
{
    (void)state;
    static const uint16_t numbers[] = {CST_SIDE_UNKNOWN, CST_SIDE_MAX - 1, CST_SIDE_MAX, UINT16_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct cst_side *side = cst_side_get(numbers[i]);
        assert_string_equal(side->name, "unknown");
        assert_int_equal(side->lang, CUSTODY_LANG_NONE);
        assert_null(side->module);
    }
    assert_string_equal(cst_side_get(cst_side_count())->name, "unknown");
}

#define THREADS 4
#define NAMES 100

static void *register_names(void *numbers)
{
    for (unsigned i = 0; i < NAMES; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "shared name %u", i);
        ((uint16_t *)numbers)[i] = cst_side_register(name, CUSTODY_LANG_C);
    }
    return NULL;
}

static void threads_that_register_the_same_names_agree(void **state)
{
    (void)state;
    static uint16_t numbers[THREADS][NAMES];
    pthread_t threads[THREADS];
    uint16_t count = cst_side_count();
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, register_names, numbers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_memory_equal(numbers[i], numbers[0], sizeof numbers[0]);
    }
    assert_int_equal(cst_side_count(), count + NAMES);
}

static bool is_isolated(const char *name)
{
    return cst_side_get(cst_side_register(name, CUSTODY_LANG_C))->arena != 0;
}

static void isolate_by_list(void)
{
    require(cst_heap_start(true));
    cst_side_isolate("one,libtwo.so,,three");
    require(!is_isolated("on") && !is_isolated("ones") && !is_isolated("two.so") && !is_isolated(""));
    require(!cst_side_any_isolated);
    require(is_isolated("one") && cst_side_any_isolated);
    require(is_isolated("libtwo.so") && is_isolated("three"));
    require(!is_isolated("one,libtwo.so"));
    unsigned arena = cst_side_get(cst_side_register("one", CUSTODY_LANG_C))->arena;
    require(arena != cst_side_get(cst_side_register("one", CUSTODY_LANG_RUST))->arena);
    require(arena == cst_side_get(cst_side_register("one", CUSTODY_LANG_C))->arena);
}

static void the_sides_of_the_list_are_isolated_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(isolate_by_list), 0);
}

static void isolate_more_than_there_are_heaps(void)
{
    char name[2] = "";
    require(cst_heap_start(true));
    cst_side_isolate("a,b,c,d,e,f,g,h,i,j");
    for (name[0] = 'a'; name[0] <= 'j'; name[0]++) {
        require(is_isolated(name) == (name[0] < 'a' + CST_HEAP_SLOTS));
    }
}

static void past_the_last_heap_sides_share(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(isolate_more_than_there_are_heaps), 0);
}

static void register_too_many(void)
{
    char name[32];
    uint16_t first = cst_side_register("first", CUSTODY_LANG_C);
    for (unsigned i = cst_side_count(); i < CST_SIDE_MAX; i++) {
        (void)snprintf(name, sizeof name, "greedy %u", i);
        require(cst_side_register(name, CUSTODY_LANG_C) == i);
    }
    size_t bytes = cst_pool_bytes();
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof name, "one too many %u", i);
        require(cst_side_register(name, CUSTODY_LANG_C) == CST_SIDE_UNKNOWN);
    }
    require(cst_side_of_module(&ledger_again, CUSTODY_CONTRACT_NEW) == CST_SIDE_UNKNOWN);
    require(cst_pool_bytes() == bytes);
    require(cst_side_count() == CST_SIDE_MAX);
    require(cst_side_register("first", CUSTODY_LANG_C) == first);
    require(strcmp(cst_side_get(CST_SIDE_MAX - 1)->name, "greedy 1023") == 0);
}

static void when_numbers_are_used_up_new_sides_are_unknown_and_old_ones_stay(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(register_too_many), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_modules_side_has_the_language_of_the_contract_or_its_own),
        cmocka_unit_test(malloc_in_a_rust_module_is_its_c_side),
        cmocka_unit_test(a_side_is_found_again_by_module_and_by_name),
        cmocka_unit_test(a_registered_name_is_copied_and_has_no_module),
        cmocka_unit_test(a_name_of_any_length_is_kept_as_far_as_it_fits),
        cmocka_unit_test(numbers_that_are_not_in_use_are_the_unknown_side),
        cmocka_unit_test(threads_that_register_the_same_names_agree),
        cmocka_unit_test(the_sides_of_the_list_are_isolated_and_no_others),
        cmocka_unit_test(past_the_last_heap_sides_share),
        cmocka_unit_test(when_numbers_are_used_up_new_sides_are_unknown_and_old_ones_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
