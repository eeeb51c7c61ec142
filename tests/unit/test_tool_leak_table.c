/* Leaks by who pays for them, and by the crates of a side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "leak_crates.h"
#include "leak_table.h"
#include "tool_log.h"

#define FRAME(module, symbol) "{\"module\":" #module ",\"offset\":\"0x10\",\"symbol\":\"" symbol "\"}"
#define RUST "\"owner\":{\"side\":\"client\",\"lang\":\"rust\"}"
#define C "\"owner\":{\"side\":\"libledger.so\",\"lang\":\"c\"}"
#define LEAK(key, class, when, bytes, owner, stack) \
    FINDING(1, "leak", "error", key, \
            ",\"class\":\"" class "\",\"when\":\"" when "\",\"blocks\":1,\"bytes\":" #bytes "," owner \
                                  ",\"alloc\":[" stack "]")
#define MODULE(id, path) EVENT("module", 1, ",\"id\":" #id ",\"path\":\"" path "\",\"build_id\":null")
#define PUSH FRAME(0, "_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE")

/* Two crates, C code, code of no crate that is known, and a library with the name of another. */
static const char some_leaks[] =
    START(1) MODULE(0, "/nowhere/client") MODULE(1, "/nowhere/libledger.so") MODULE(2, "/elsewhere/libledger.so")
        LEAK("a", "definite", "exit", 10, RUST, PUSH "," FRAME(0, "_RNvNtCs1_6parser5table6insert"))
            LEAK("b", "indirect", "exit", 20, RUST, FRAME(0, "_RNvNtCs1_6parser5table4load"))
                LEAK("c", "reachable", "exit", 5, RUST, FRAME(0, "_ZN6client4main17h0123456789abcdefE"))
                    LEAK("d", "possible", "exit", 100, C, FRAME(1, "ledger_open"))
                        LEAK("e", "live", "exit", 7, C, FRAME(2, "ledger_open"))
                            LEAK("f", "mislaid", "exit", 3, RUST, PUSH)
                                LEAK("g", "definite", "request", 50, RUST, FRAME(0, "_RNvNtCs1_6parser5table4once"));

struct fixture {
    struct cst_log log;
    struct cst_groups groups;
    struct cst_arena arena;
    struct cst_symbols *symbols;
    const struct cst_group *leaks[16];
};

static int prepare(void **state)
{
    static struct fixture fixture;
    fixture.symbols = cst_symbols_new();
    assert_true(read_text(&fixture.log, some_leaks));
    fixture.groups = cst_groups_make(&fixture.log);
    for (size_t i = 0; i < fixture.groups.count; i++) {
        fixture.leaks[i] = &fixture.groups.items[i];
    }
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_symbols_free(fixture->symbols);
    cst_arena_free(&fixture->arena);
    cst_groups_free(&fixture->groups);
    cst_log_free(&fixture->log);
    return 0;
}

static struct cst_leak_table make(struct fixture *fixture, enum cst_leak_by by)
{
    return cst_leak_table_make(&fixture->arena, fixture->symbols, fixture->leaks, fixture->groups.count, by);
}

static void assert_rows(const struct cst_leak_table *table, const char *const *names, const uint64_t *bytes)
{
    for (size_t i = 0; i < table->count; i++) {
        assert_non_null(names[i]);
        assert_string_equal(table->rows[i].name, names[i]);
        assert_int_equal(table->rows[i].total.bytes, bytes[i]);
    }
    assert_null(names[table->count]);
}

static void sides_are_the_owners(void **state)
{
    struct cst_leak_table table = make(*state, CST_LEAKS_BY_SIDE);
    static const char *const names[] = {"libledger.so (c)", "client (rust)", NULL};
    assert_rows(&table, names, (const uint64_t[]){107, 88});
    assert_int_equal(table.sum.total.bytes, 195);
    assert_int_equal(table.sum.total.blocks, 7);
}

static void modules_are_told_apart_by_their_path(void **state)
{
    struct cst_leak_table table = make(*state, CST_LEAKS_BY_MODULE);
    static const char *const names[] = {"libledger.so", "client", "libledger.so", NULL};
    assert_rows(&table, names, (const uint64_t[]){100, 88, 7});
    assert_string_equal(table.rows[2].bill.module_path, "/elsewhere/libledger.so");
}

static void crates_pay_for_what_collections_made_for_them(void **state)
{
    struct cst_leak_table table = make(*state, CST_LEAKS_BY_CRATE);
    static const char *const names[] = {"libledger.so (c)", "parser", "client", "client (Rust's standard library)",
                                        NULL};
    assert_rows(&table, names, (const uint64_t[]){107, 80, 5, 3});
    assert_int_equal(table.rows[1].classes[CST_LEAK_DEFINITE].bytes, 60);
    assert_int_equal(table.rows[1].classes[CST_LEAK_DEFINITE].blocks, 2);
    assert_int_equal(table.rows[1].classes[CST_LEAK_INDIRECT].bytes, 20);
    assert_int_equal(table.rows[3].classes[CST_LEAK_OTHER].bytes, 3);
}

static void sites_are_functions_of_modules(void **state)
{
    struct cst_leak_table table = make(*state, CST_LEAKS_BY_SITE);
    assert_int_equal(table.count, 7);
    assert_string_equal(table.rows[0].name, "ledger_open in libledger.so");
    assert_string_equal(table.rows[1].name, "parser::table::once in client");
}

static void a_rust_side_has_its_crates_with_what_they_have_live_at_exit(void **state)
{
    struct fixture *fixture = *state;
    const struct cst_log_side client = {.side = "client", .lang = "rust"};
    const struct cst_log_side ledger = {.side = "libledger.so", .lang = "c"};
    const struct cst_program *program = &fixture->groups.programs[0];
    struct cst_leak_crates crates =
        cst_leak_crates_make(&fixture->arena, fixture->symbols, &fixture->groups, program, &client);
    assert_int_equal(crates.count, 3);
    assert_string_equal(crates.items[0].name, "parser");
    assert_int_equal(crates.items[0].live_bytes, 30);
    assert_int_equal(crates.items[0].live_blocks, 2);
    assert_string_equal(crates.items[1].name, "client");
    assert_string_equal(crates.items[2].name, "");
    crates = cst_leak_crates_make(&fixture->arena, fixture->symbols, &fixture->groups, program, &ledger);
    assert_int_equal(crates.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sides_are_the_owners),
        TEST(modules_are_told_apart_by_their_path),
        TEST(crates_pay_for_what_collections_made_for_them),
        TEST(sites_are_functions_of_modules),
        TEST(a_rust_side_has_its_crates_with_what_they_have_live_at_exit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
