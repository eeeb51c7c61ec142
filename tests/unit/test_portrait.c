/* Portraits of addresses: blocks of ours, blocks of others, and places. */
#include "core/portrait.h"

#include "custody/custody.h"

#include "core/adopted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static custody_side side;

static int register_side(void **state)
{
    (void)state;
    return custody_side_register("sitter", CUSTODY_LANG_C, &side) != CUSTODY_STATUS_OK;
}

static void a_block_is_known_by_an_address_in_it(void **state)
{
    (void)state;
    char *block = custody_alloc(side, 321, 0);
    struct cst_portrait portrait;
    assert_true(cst_portrait_in_heap((uintptr_t)block + 320, &portrait));
    assert_true(portrait.has_block);
    assert_int_equal(portrait.place, CST_PLACE_HEAP);
    assert_int_equal(portrait.start, (uintptr_t)block);
    assert_int_equal(cst_tag_size(&portrait.tag), 321);
    assert_int_equal(cst_tag_side(&portrait.tag), side);
    custody_release(side, block);
    cst_portrait_take((uintptr_t)block, &portrait);
    assert_true(portrait.has_block);
    assert_int_equal(cst_tag_state(&portrait.tag), CST_STATE_RELEASED);
}

static void where_no_block_is_the_heap_is_the_place(void **state)
{
    (void)state;
    struct cst_portrait portrait;
    assert_true(cst_portrait_in_heap(cst_shadow.base + cst_shadow.size - 1, &portrait));
    assert_int_equal(portrait.place, CST_PLACE_HEAP);
    assert_false(portrait.has_block);
}

static void what_is_not_in_the_heap_has_a_place(void **state)
{
    (void)state;
    struct cst_portrait portrait;
    assert_false(cst_portrait_in_heap((uintptr_t)&portrait, &portrait));
    assert_int_equal(portrait.place, CST_PLACE_NONE);
    cst_portrait_take((uintptr_t)&side, &portrait);
    assert_int_equal(portrait.place, CST_PLACE_STATIC);
    assert_string_equal(portrait.place_name, "test_portrait");
    assert_false(portrait.has_block);
}

static void a_block_of_another_allocator_is_known_by_its_start(void **state)
{
    (void)state;
    static const struct cst_adopter adopter;
    char *block = malloc(40);
    uint64_t facts = cst_tag_facts(40, 4, cst_owner_make(CUSTODY_CONTRACT_MIMALLOC, side));
    struct cst_portrait portrait;
    assert_true(cst_adopted_add(block, facts, cst_tag_sites((uintptr_t)block, 0, 0), &adopter));
    cst_portrait_take((uintptr_t)block, &portrait);
    assert_true(portrait.has_block);
    assert_int_equal(portrait.start, (uintptr_t)block);
    assert_int_equal(cst_tag_contract(&portrait.tag), CUSTODY_CONTRACT_MIMALLOC);
    assert_int_equal(portrait.place, CST_PLACE_FOREIGN);
    cst_portrait_take((uintptr_t)block + 1, &portrait);
    assert_false(portrait.has_block);
    struct cst_adopted taken;
    assert_true(cst_adopted_take((uintptr_t)block, 0, &taken));
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_known_by_an_address_in_it),
        cmocka_unit_test(where_no_block_is_the_heap_is_the_place),
        cmocka_unit_test(what_is_not_in_the_heap_has_a_place),
        cmocka_unit_test(a_block_of_another_allocator_is_known_by_its_start),
    };
    return cmocka_run_group_tests(tests, register_side, NULL);
}
