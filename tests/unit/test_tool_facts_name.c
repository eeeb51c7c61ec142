/* What names of functions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_name.h"

static void mangling_tells_the_language(void **state)
{
    (void)state;
    assert_int_equal(cst_facts_name("ledger_close"), CST_FACTS_NAME_PLAIN);
    assert_int_equal(cst_facts_name("_ledger_close"), CST_FACTS_NAME_PLAIN);
    assert_int_equal(cst_facts_name("_ZN6ledger5closeEv"), CST_FACTS_NAME_CXX);
    assert_int_equal(cst_facts_name("_GLOBAL__sub_I_table"), CST_FACTS_NAME_CXX);
    assert_int_equal(cst_facts_name("_ZN6ledger5close17h0123456789abcdefE"), CST_FACTS_NAME_RUST);
    assert_int_equal(cst_facts_name("_ZN6ledger5close17h0123456789abcdefE.llvm.77"), CST_FACTS_NAME_RUST);
    assert_int_equal(cst_facts_name("_ZN6ledger5close17h0123456789abcdeEv"), CST_FACTS_NAME_CXX);
    assert_int_equal(cst_facts_name("_RNvCs1234_6ledger5close"), CST_FACTS_NAME_RUST);
    assert_int_equal(cst_facts_name("_RIGHT"), CST_FACTS_NAME_PLAIN);
    assert_int_equal(cst_facts_name("rust_eh_personality"), CST_FACTS_NAME_RUST);
}

static void main_and_start_files_are_the_modules(void **state)
{
    (void)state;
    assert_int_equal(cst_facts_name("main"), CST_FACTS_NAME_MAIN);
    assert_int_equal(cst_facts_name("main.cold"), CST_FACTS_NAME_MAIN);
    assert_int_equal(cst_facts_name("_start"), CST_FACTS_NAME_MAIN);
    assert_int_equal(cst_facts_name("mainly"), CST_FACTS_NAME_PLAIN);
    assert_int_equal(cst_facts_name(""), CST_FACTS_NAME_PLAIN);
}

static void allocator_functions_are_known_in_both_manglings(void **state)
{
    (void)state;
    assert_true(cst_facts_name_is_rust_allocator("__rust_alloc"));
    assert_true(cst_facts_name_is_rust_allocator("__rdl_alloc_zeroed"));
    assert_true(cst_facts_name_is_rust_allocator("__rg_realloc"));
    assert_true(cst_facts_name_is_rust_allocator("_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc"));
    assert_true(cst_facts_name_is_rust_allocator("_RNvCsfLfy6EI15iL_7___rustc13___rdl_dealloc.llvm.9"));
}

static void what_only_resembles_them_is_none(void **state)
{
    (void)state;
    assert_false(cst_facts_name_is_rust_allocator("__rust_alloc_error_handler"));
    assert_false(cst_facts_name_is_rust_allocator("__rust_no_alloc_shim_is_unstable"));
    assert_false(cst_facts_name_is_rust_allocator("rust_alloc"));
    assert_false(cst_facts_name_is_rust_allocator("malloc"));
    assert_false(cst_facts_name_is_rust_allocator("_RNvCsfLfy6EI15iL_7___rustc"));
    assert_false(cst_facts_name_is_rust_allocator("_RNvCsfLfy6EI15iL_6ledger14___rust_dealloc"));
    assert_false(cst_facts_name_is_rust_allocator("_"));
    assert_false(cst_facts_name_is_rust_allocator(""));
}

static void entries_and_the_start_of_rust_are_told_from_their_kin(void **state)
{
    (void)state;
    assert_true(cst_facts_name_is_rust_entry("__rust_dealloc"));
    assert_true(cst_facts_name_is_rust_entry("_RNvCsfLfy6EI15iL_7___rustc14___rust_dealloc"));
    assert_false(cst_facts_name_is_rust_entry("__rdl_dealloc"));
    assert_true(cst_facts_name_is_rust_start("_ZN3std2rt10lang_start17h0123456789abcdefE"));
    assert_false(cst_facts_name_is_rust_start("_ZN3std2rt19lang_start_internal17h0123456789abcdefE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mangling_tells_the_language),
        cmocka_unit_test(main_and_start_files_are_the_modules),
        cmocka_unit_test(allocator_functions_are_known_in_both_manglings),
        cmocka_unit_test(what_only_resembles_them_is_none),
        cmocka_unit_test(entries_and_the_start_of_rust_are_told_from_their_kin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
