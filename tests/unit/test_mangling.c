/* Languages of functions, by the form of their symbols. */
#include "site/mangling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *symbol;
    enum custody_lang lang;
} cases[] = {
    {"free", CUSTODY_LANG_C},
    {"", CUSTODY_LANG_C},
    {"_", CUSTODY_LANG_C},
    {"_start", CUSTODY_LANG_C},
    {"__libc_csu_init", CUSTODY_LANG_C},
    {"_Zap", CUSTODY_LANG_CXX},
    {"_ZN6ledger4openEPKc", CUSTODY_LANG_CXX},
    {"_Z3runv.cold", CUSTODY_LANG_CXX},
    {"_ZN3foo17h0123456789abcdeE", CUSTODY_LANG_CXX},
    {"_ZN3foo17h0123456789abcdefgE", CUSTODY_LANG_CXX},
    {"_ZN3foo17h0123456789ABCDEFE", CUSTODY_LANG_CXX},
    {"_ZN3foo17h", CUSTODY_LANG_CXX},
    {"_ZN3foo17h17h0123456789abcdefE", CUSTODY_LANG_RUST},
    {"_ZN4core3ptr13drop_in_place17h0123456789abcdefE", CUSTODY_LANG_RUST},
    {"_ZN4core3ptr13drop_in_place17h0123456789abcdefE.llvm.1234567", CUSTODY_LANG_RUST},
    {"_RNvCs1234_7mycrate3foo", CUSTODY_LANG_RUST},
    {"_RNvCs1234_7mycrate3foo.cold", CUSTODY_LANG_RUST},
};

static void a_symbol_says_its_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cst_mangling_lang(cases[i].symbol) != cases[i].lang) {
            fail_msg("%s: %s", cases[i].symbol, custody_lang_name(cst_mangling_lang(cases[i].symbol)));
        }
    }
}

static void operators_are_those_of_the_doors_with_or_without_a_version(void **state)
{
    (void)state;
    assert_int_equal(cst_mangling_operator("_Znwm"), CUSTODY_CONTRACT_NEW);
    assert_int_equal(cst_mangling_operator("_ZdlPvm"), CUSTODY_CONTRACT_NEW);
    assert_int_equal(cst_mangling_operator("_ZnwmSt11align_val_tRKSt9nothrow_t"), CUSTODY_CONTRACT_NEW);
    assert_int_equal(cst_mangling_operator("_Znam@@GLIBCXX_3.4"), CUSTODY_CONTRACT_NEW_ARRAY);
    assert_int_equal(cst_mangling_operator("_ZdaPvSt11align_val_t@VERSION"), CUSTODY_CONTRACT_NEW_ARRAY);
    static const char *const others[] = {"",          "_Z",         "_Zn",    "_ZnwmPv",  "_Znwj",     "_ZnwmX",
                                         "_ZN1AnwEm", "_ZN1AdlEPv", "malloc", "_ZdlPvS_", "_Znwm.cold"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(cst_mangling_operator(others[i]), CUSTODY_CONTRACT_UNKNOWN);
    }
}

static void the_malloc_family_is_known_by_name(void **state)
{
    (void)state;
    static const char *const ours[] = {"malloc", "calloc",         "realloc",       "reallocarray", "free@GLIBC_2.2.5",
                                       "cfree",  "posix_memalign", "aligned_alloc", "memalign",     "valloc"};
    static const char *const others[] = {"",          "mallocx",     "xmalloc",     "fre",
                                         "free_list", "malloc_trim", "__libc_free", "strdup"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        assert_true(cst_mangling_is_malloc(ours[i]));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(cst_mangling_is_malloc(others[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_symbol_says_its_language),
        cmocka_unit_test(operators_are_those_of_the_doors_with_or_without_a_version),
        cmocka_unit_test(the_malloc_family_is_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
