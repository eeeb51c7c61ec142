/* Kept names: equal ones are one string, copied, cut, and no more of them than there may be. */
#include "base/names.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void equal_names_are_one_string_of_their_own(void **state)
{
    (void)state;
    char name[] = "ledger";
    const char *kept = cst_names_keep(name);
    assert_ptr_not_equal(kept, name);
    assert_ptr_equal(cst_names_keep("ledger"), kept);
    name[0] = 'h';
    assert_string_equal(kept, "ledger");
    assert_ptr_not_equal(cst_names_keep(name), kept);
    assert_ptr_not_equal(cst_names_keep("ledger "), kept);
    assert_string_equal(cst_names_keep(""), "");
}

static void long_names_are_cut(void **state)
{
    (void)state;
    char name[2 * CST_NAME_MAX];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(strlen(cst_names_keep(name)), CST_NAME_MAX);
}

static void when_there_are_too_many_known_ones_are_kept_still(void **state)
{
    (void)state;
    char name[32];
    struct cst_text text;
    const char *first = cst_names_keep("first");
    for (unsigned i = 0; i < CST_NAMES_MAX; i++) {
        cst_text_init(&text, name, sizeof name, 0);
        cst_text_format(&text, "name %u", i);
        (void)!cst_names_keep(name);
    }
    assert_null(cst_names_keep(name));
    assert_ptr_equal(cst_names_keep("first"), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_names_are_one_string_of_their_own),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(when_there_are_too_many_known_ones_are_kept_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
