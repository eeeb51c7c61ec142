/* Names as people wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "demangle.h"

static struct cst_arena arena;

static int free_arena(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

static void assert_reads(const char *symbol, const char *readable)
{
    assert_string_equal(cst_demangle(&arena, symbol), readable);
}

static void rust_v0_is_readable(void **state)
{
    (void)state;
    assert_reads("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar");
    assert_reads("_RNvCsABC_7___rustc12___rust_alloc", "__rustc::__rust_alloc");
}

static void rust_legacy_is_readable_without_its_hash(void **state)
{
    (void)state;
    assert_reads("_ZN6client4main17h0123456789abcdefE", "client::main");
    assert_reads("_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
                 "core::ptr::drop_in_place<alloc::string::String>");
}

static void cxx_is_readable_with_its_arguments(void **state)
{
    (void)state;
    assert_reads("_ZdlPvm", "operator delete(void*, unsigned long)");
    assert_reads("_Znam", "operator new[](unsigned long)");
    assert_reads("_ZN5shelf3BoxIiE4dropEi", "shelf::Box<int>::drop(int)");
}

static void plain_names_stay(void **state)
{
    (void)state;
    assert_reads("free", "free");
    assert_reads("__rust_dealloc", "__rust_dealloc");
    assert_reads("", "");
    assert_reads("_", "_");
}

static void broken_manglings_stay(void **state)
{
    (void)state;
    assert_reads("_Znonsense", "_Znonsense");
    assert_reads("_R", "_R");
    assert_reads("_ZN", "_ZN");
}

static void endless_names_stay(void **state)
{
    (void)state;
    char name[8192] = "_ZN1a";
    memset(name + 5, 'x', sizeof name - 6);
    assert_reads(name, name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rust_v0_is_readable),
        cmocka_unit_test(rust_legacy_is_readable_without_its_hash),
        cmocka_unit_test(cxx_is_readable_with_its_arguments),
        cmocka_unit_test(plain_names_stay),
        cmocka_unit_test(broken_manglings_stay),
        cmocka_unit_test(endless_names_stay),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
