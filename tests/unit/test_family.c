/* Families by the names of their functions, and the rows of their list. */
#include "site/family.h"

#include "site/detour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define JEMALLOC CUSTODY_CONTRACT_JEMALLOC
#define MIMALLOC CUSTODY_CONTRACT_MIMALLOC
#define TCMALLOC CUSTODY_CONTRACT_TCMALLOC
#define NONE CUSTODY_CONTRACT_UNKNOWN

static void a_library_is_recognised_by_one_function(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum custody_contract contract;
    } cases[] = {
        {"mallocx", JEMALLOC},
        {"je_mallocx", JEMALLOC},
        {"_rjem_mallocx", JEMALLOC},
        {"mi_malloc", MIMALLOC},
        {"tc_malloc", TCMALLOC},
        {"malloc", NONE},
        {"je_malloc", NONE},
        {"my_mallocx", NONE},
        {"je_mi_malloc", NONE},
        {"mi_malloc_", NONE},
        {"", NONE},
        {"_", NONE},
        {"je_", NONE},
        {"_rjem_", NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cst_family_of(cases[i].name) != cases[i].contract) {
            fail_msg("%s: %s", cases[i].name, custody_contract_name(cst_family_of(cases[i].name)));
        }
    }
}

static void every_family_is_recognised_by_its_own_signature(void **state)
{
    (void)state;
#define CUSTODY_FAMILY(contract, signature) assert_int_equal(cst_family_of(signature), CUSTODY_CONTRACT_##contract);
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align)
#include "custody/families.def"
}

static void is_found(enum custody_contract contract, const char *name, enum custody_door door)
{
    const struct cst_family_function *function = cst_family_find(contract, name);
    assert_non_null(function);
    assert_int_equal(function->door, door);
    assert_int_equal(custody_door_contract(door), contract);
}

static void functions_of_jemalloc_are_found_with_any_prefix_and_others_with_none(void **state)
{
    (void)state;
    is_found(JEMALLOC, "_rjem_dallocx", CUSTODY_DOOR_DALLOCX);
    is_found(JEMALLOC, "dallocx", CUSTODY_DOOR_DALLOCX);
    is_found(JEMALLOC, "free", CUSTODY_DOOR_JE_FREE);
    is_found(JEMALLOC, "je_free", CUSTODY_DOOR_JE_FREE);
    is_found(MIMALLOC, "mi_free", CUSTODY_DOOR_MI_FREE);
    is_found(TCMALLOC, "tc_free_sized", CUSTODY_DOOR_TC_FREE_SIZED);
    assert_null(cst_family_find(MIMALLOC, "free"));
    assert_null(cst_family_find(MIMALLOC, "tc_free"));
    assert_null(cst_family_find(JEMALLOC, "nallocx"));
    assert_null(cst_family_find(NONE, "free"));
}

static bool is_argument(int8_t index)
{
    return index >= -1 && index < CST_FAMILY_ARGUMENTS;
}

static bool is_given_a_block(const struct cst_family_function *function)
{
    return function->role != CST_FAMILY_MAKE;
}

static void every_row_names_arguments_that_there_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++) {
        const struct cst_family_function *row = &cst_family_functions[i];
        if (!is_argument(row->block) || !is_argument(row->size) || !is_argument(row->count) ||
            !is_argument(row->align) || (is_given_a_block(row) && row->block < 0) ||
            (row->count >= 0 && row->size < 0)) {
            fail_msg("%s", row->symbol);
        }
    }
}

static void every_row_can_be_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++) {
        const struct cst_family_function *row = &cst_family_functions[i];
        assert_ptr_equal(cst_family_find((enum custody_contract)row->contract, row->symbol), row);
        assert_true(custody_contract_has_memory((enum custody_contract)row->contract));
        assert_string_equal(custody_door_symbol((enum custody_door)row->door), row->symbol);
    }
}

static void no_family_has_more_functions_than_are_redirected_at_one_time(void **state)
{
    size_t counts[CUSTODY_CONTRACT_COUNT] = {0};
    (void)state;
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++)
        assert_true(++counts[cst_family_functions[i].contract] <= CST_DETOUR_BATCH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_recognised_by_one_function),
        cmocka_unit_test(every_family_is_recognised_by_its_own_signature),
        cmocka_unit_test(functions_of_jemalloc_are_found_with_any_prefix_and_others_with_none),
        cmocka_unit_test(every_row_names_arguments_that_there_are),
        cmocka_unit_test(every_row_can_be_found_by_its_name),
        cmocka_unit_test(no_family_has_more_functions_than_are_redirected_at_one_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
