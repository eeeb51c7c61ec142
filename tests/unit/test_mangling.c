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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_symbol_says_its_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
