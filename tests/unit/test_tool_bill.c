/* Who a finding is billed to. The programs of these logs do not exist, so frames have the names that the log tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bill.h"
#include "tool_log.h"

#define MODULE(id, path, role) \
    EVENT("module", 5, ",\"id\":" #id ",\"path\":\"" path "\",\"build_id\":\"0a\",\"role\":\"" role "\"")
#define FRAME(module, offset, symbol) "{\"module\":" #module ",\"offset\":\"" offset "\",\"symbol\":\"" symbol "\"}"
#define LEAK(owner, stack) FINDING(5, "leak", "error", "k", ",\"owner\":{" owner "},\"alloc\":[" stack "]")
#define RUST "\"side\":\"client\",\"lang\":\"rust\",\"contract\":\"rust\""
#define C "\"side\":\"libledger.so\",\"lang\":\"c\",\"contract\":\"malloc\""

struct fixture {
    struct cst_log log;
    struct cst_arena arena;
    struct cst_symbols *symbols;
};

static int prepare(void **state)
{
    static struct fixture fixture;
    fixture.symbols = cst_symbols_new();
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_symbols_free(fixture->symbols);
    cst_arena_free(&fixture->arena);
    cst_log_free(&fixture->log);
    return 0;
}

/* The bill of the one finding in a log. */
static struct cst_bill bill(void **state, const char *finding)
{
    static char text[8192];
    struct fixture *fixture = *state;
    snprintf(text, sizeof text, "%s%s",
             START(5) MODULE(0, "/nowhere/client", "program") MODULE(1, "/nowhere/libledger.so", "library")
                 MODULE(2, "/nowhere/libc.so.6", "libc"),
             finding);
    assert_true(read_text(&fixture->log, text));
    assert_int_equal(fixture->log.finding_count, 1);
    return cst_bill_make(&fixture->arena, fixture->symbols, fixture->log.findings[0]);
}

static void rust_pays_at_the_first_crate_that_is_its_own(void **state)
{
    struct cst_bill place = bill(
        state,
        LEAK(RUST, FRAME(0, "0x10", "_ZN5alloc7raw_vec11finish_grow17h0123456789abcdefE") "," FRAME(
                       0, "0x20", "_RNvMNtCs1_5alloc3vecINtB2_3VechE4pushCs1_3foo") "," FRAME(0, "0x30",
                                                                                              "_RNvNtCs1234_"
                                                                                              "7mycrate3foo3ba"
                                                                                              "r") "," FRAME(0,
                                                                                                             "0"
                                                                                                             "x"
                                                                                                             "4"
                                                                                                             "0",
                                                                                                             "m"
                                                                                                             "a"
                                                                                                             "i"
                                                                                                             "n")));
    assert_string_equal(place.crate, "mycrate");
    assert_string_equal(place.function, "mycrate::foo::bar");
    assert_string_equal(place.side, "client");
    assert_string_equal(place.lang, "rust");
    assert_string_equal(place.module, "client");
    assert_string_equal(place.module_path, "/nowhere/client");
    assert_int_equal(place.frame->offset, 0x30);
    assert_false(place.machinery);
}

static void c_pays_outside_libc(void **state)
{
    struct cst_bill place =
        bill(state, LEAK(C, FRAME(2, "0x10", "strdup") "," FRAME(1, "0x20", "xmalloc") "," FRAME(0, "0x30", "main")));
    assert_string_equal(place.module, "libledger.so");
    assert_string_equal(place.function, "xmalloc");
    assert_string_equal(place.lang, "c");
    assert_string_equal(place.crate, "");
}

static void cxx_pays_outside_the_standard_library(void **state)
{
    struct cst_bill place =
        bill(state, LEAK("\"side\":\"client\",\"lang\":\"c++\"",
                         FRAME(0, "0x10", "_ZN9__gnu_cxx13new_allocatorIiE8allocateEmPKv") "," FRAME(
                             0, "0x20", "_ZNSt6vectorIiSaIiEE9push_backERKi") "," FRAME(0, "0x30", "_ZN5shelf3addEi")));
    assert_string_equal(place.function, "shelf::add(int)");
    assert_string_equal(place.lang, "c++");
}

static void a_frame_without_a_name_is_its_modules(void **state)
{
    struct cst_bill place = bill(state, LEAK(C, "{\"module\":1,\"offset\":\"0x20\"}," FRAME(0, "0x30", "main")));
    assert_string_equal(place.module, "libledger.so");
    assert_string_equal(place.function, "");
    assert_int_equal(place.frame->offset, 0x20);
}

static void code_outside_all_modules_is_not_passed_over(void **state)
{
    struct cst_bill place = bill(state, LEAK(C, "{\"module\":null,\"offset\":\"0x99\"}," FRAME(0, "0x30", "main")));
    assert_string_equal(place.module, "");
    assert_int_equal(place.frame->offset, 0x99);
    assert_string_equal(place.side, "libledger.so");
}

static void machinery_pays_when_there_is_nothing_else(void **state)
{
    struct cst_bill place =
        bill(state, LEAK(RUST, FRAME(0, "0x10", "_ZN5alloc7raw_vec11finish_grow17h0123456789abcdefE") "," FRAME(
                                   2, "0x20", "start_thread")));
    assert_true(place.machinery);
    assert_string_equal(place.function, "alloc::raw_vec::finish_grow");
    assert_int_equal(place.frame->offset, 0x10);
}

static void machinery_in_a_module_of_the_programs_pays_before_that_of_libc(void **state)
{
    struct cst_bill place =
        bill(state, LEAK(C, FRAME(2, "0x10", "strdup") "," FRAME(0, "0x20", "_ZNSt6vectorIiSaIiEE9push_backERKi")));
    assert_true(place.machinery);
    assert_string_equal(place.module, "client");
    assert_int_equal(place.frame->offset, 0x20);
}

static void what_rust_does_before_main_is_billed_to_nobodys_main(void **state)
{
#define LANG_START FRAME(0, "0x10", "_ZN3std2rt10lang_start17h0123456789abcdefE")
    struct cst_bill place = bill(state, LEAK(RUST, LANG_START "," FRAME(0, "0x20", "main")));
    assert_true(place.machinery);
    assert_string_equal(place.function, "std::rt::lang_start");
    assert_string_equal(place.module, "client");
}

static void without_a_stack_the_owner_pays(void **state)
{
    struct cst_bill place = bill(state, LEAK(C, ""));
    assert_string_equal(place.side, "libledger.so");
    assert_string_equal(place.lang, "c");
    assert_string_equal(place.module, "");
    assert_null(place.frame);
}

static void without_an_allocation_the_release_pays(void **state)
{
    struct cst_bill place =
        bill(state, FINDING(5, "invalid-free", "error", "k", ",\"release\":[" FRAME(1, "0x20", "ledger_close") "]"));
    assert_string_equal(place.function, "ledger_close");
    assert_string_equal(place.side, "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rust_pays_at_the_first_crate_that_is_its_own),
        TEST(c_pays_outside_libc),
        TEST(cxx_pays_outside_the_standard_library),
        TEST(a_frame_without_a_name_is_its_modules),
        TEST(code_outside_all_modules_is_not_passed_over),
        TEST(machinery_pays_when_there_is_nothing_else),
        TEST(machinery_in_a_module_of_the_programs_pays_before_that_of_libc),
        TEST(what_rust_does_before_main_is_billed_to_nobodys_main),
        TEST(without_a_stack_the_owner_pays),
        TEST(without_an_allocation_the_release_pays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
