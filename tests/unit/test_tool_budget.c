/* Budgets: how they are spelled, which leak falls under which, when they are exceeded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "budget.h"
#include "budget_spec.h"
#include "tool_log.h"

#define MODULE(id, path) EVENT("module", 1, ",\"id\":" #id ",\"path\":\"" path "\",\"build_id\":null")
#define LEAK(key, side, lang, blocks, bytes, module, offset) \
    FINDING(1, "leak", "error", key, \
            ",\"owner\":{\"side\":\"" side "\",\"lang\":\"" lang "\"},\"class\":\"definite\",\"blocks\":" #blocks \
            ",\"bytes\":" #bytes ",\"alloc\":[{\"module\":" #module ",\"offset\":\"" #offset "\"}]")
#define CALL(offset, function, file) \
    "{\"offset\":\"" #offset "\",\"calls\":[{\"function\":\"" function "\",\"file\":\"" file "\",\"line\":3}]}"
#define SYMBOLS(module, frames) EVENT("symbols", 9, ",\"module\":\"" module "\",\"frames\":[" frames "]")

static const char some_leaks[] = START(1) MODULE(0, "/nowhere/client") MODULE(1, "/nowhere/libledger.so")
    LEAK("a", "client", "rust", 2, 100, 0, 0x10) LEAK("b", "client", "rust", 1, 30, 0, 0x20)
        LEAK("c", "libledger.so", "c", 4, 0, 1, 0x10) LEAK("d", "catalog", "c", 1, 7, 1, 0x20)
            SYMBOLS("/nowhere/client",
                    CALL(0x10, "parser::table::insert", "/src/table.rs") "," CALL(0x20, "client::main", "/src/main.rs"))
                SYMBOLS("/nowhere/libledger.so",
                        CALL(0x10, "parse_line", "/c/src/parse.c") "," CALL(0x20, "catalog_new", "/c/src/catalog.c"));

struct fixture {
    struct cst_log log;
    struct cst_groups groups;
    struct cst_symbols *symbols;
    struct cst_budgets budgets;
};

static int prepare(void **state)
{
    static struct fixture fixture;
    assert_true(read_text(&fixture.log, some_leaks));
    fixture.groups = cst_groups_make(&fixture.log);
    fixture.symbols = cst_symbols_new();
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_budgets_free(&fixture->budgets);
    cst_symbols_free(fixture->symbols);
    cst_groups_free(&fixture->groups);
    cst_log_free(&fixture->log);
    return 0;
}

/* Puts all leaks under the two budgets, of which `b` may be NULL. */
static const struct cst_budget *spend(void **state, const char *a, const char *b)
{
    struct fixture *fixture = *state;
    cst_budgets_free(&fixture->budgets);
    assert_true(cst_budgets_add(&fixture->budgets, a));
    assert_true(!b || cst_budgets_add(&fixture->budgets, b));
    for (size_t i = 0; i < fixture->groups.count; i++) {
        (void)cst_budgets_take(&fixture->budgets, fixture->symbols, &fixture->groups.items[i]);
    }
    return fixture->budgets.items;
}

static uint64_t bytes_under(void **state, const char *spec)
{
    return spend(state, spec, NULL)->used_bytes;
}

static void amounts_have_units_and_blocks(void **state)
{
    static const struct {
        const char *spec;
        uint64_t bytes, blocks;
        bool has_blocks;
    } right[] = {
        {"x=0", 0, 0, true},
        {"x=5", 5, 0, false},
        {"x=64K/3", 64 * 1024, 3, true},
        {"x=2M", 2 * 1024 * 1024, 0, false},
        {"x=1G", 1024 * 1024 * 1024, 0, false},
        {"x=0/2", 0, 2, true},
        {"x=18446744073709551615/0", UINT64_MAX, 0, true},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        struct cst_budget budget;
        assert_true(cst_budget_spec_read(&fixture->budgets.arena, right[i].spec, &budget));
        assert_true(budget.bytes == right[i].bytes);
        assert_int_equal(budget.has_blocks, right[i].has_blocks);
        assert_true(budget.blocks == right[i].blocks);
        assert_string_equal(budget.title, "x");
    }
}

static void a_word_in_front_says_what_the_name_is_of(void **state)
{
    struct fixture *fixture = *state;
    struct cst_budget budget;
    assert_true(cst_budget_spec_read(&fixture->budgets.arena, "crate:foo=1", &budget));
    assert_int_equal(budget.kind, CST_BUDGET_CRATE);
    assert_string_equal(budget.name, "foo");
    assert_true(cst_budget_spec_read(&fixture->budgets.arena, "site:parse_*@src/*.c=1K", &budget));
    assert_int_equal(budget.kind, CST_BUDGET_SITE);
    assert_string_equal(budget.name, "parse_*");
    assert_string_equal(budget.source, "src/*.c");
    assert_true(cst_budget_spec_read(&fixture->budgets.arena, "site:T::operator==@a.cc=1", &budget));
    assert_string_equal(budget.name, "T::operator==");
    assert_true(cst_budget_spec_read(&fixture->budgets.arena, "std::x=1", &budget));
    assert_int_equal(budget.kind, CST_BUDGET_ANY);
    assert_string_equal(budget.name, "std::x");
}

static void wrong_budgets_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "x",
        "=1",
        "x=",
        "x=K",
        "x=1T",
        "x=1k",
        "x=-1",
        "x=1/",
        "x=1/K",
        "x=1/2K",
        "x= 1",
        "x=1 ",
        "crate:=1",
        "foo:x=1",
        "Crate:x=1",
        "site:@a=1",
        "site:f@=1",
        "x=18446744073709551616",
        "x=18014398509481984K",
        "x=1/18446744073709551616",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(cst_budgets_add(&fixture->budgets, wrong[i]));
    }
    assert_int_equal(fixture->budgets.count, 0);
}

static void leaks_fall_under_who_pays(void **state)
{
    assert_int_equal(bytes_under(state, "side:client=1"), 130);
    assert_int_equal(bytes_under(state, "side:catalog=1"), 7);
    assert_int_equal(bytes_under(state, "module:libledger.so=1"), 7);
    assert_int_equal(spend(state, "module:libledger.so=1", NULL)->used_blocks, 5);
    assert_int_equal(bytes_under(state, "libledger.so=1"), 7);
    assert_int_equal(bytes_under(state, "catalog=1"), 7);
    assert_int_equal(bytes_under(state, "crate:parser=1"), 100);
    assert_int_equal(bytes_under(state, "crate:*=1"), 130);
    assert_int_equal(bytes_under(state, "site:client::main=1"), 30);
    assert_int_equal(bytes_under(state, "site:*@src/*.c=1"), 7);
    assert_int_equal(bytes_under(state, "site:*@src/*.rs=1"), 130);
    assert_int_equal(bytes_under(state, "ledger=1"), 0);
}

static void the_most_specific_budget_takes_a_leak(void **state)
{
    const struct cst_budget *budgets = spend(state, "side:client=0", "crate:parser=1K");
    assert_int_equal(budgets[0].used_bytes, 30);
    assert_int_equal(budgets[1].used_bytes, 100);
    budgets = spend(state, "crate:*=0", "crate:parser=0");
    assert_int_equal(budgets[0].used_bytes, 30);
    assert_int_equal(budgets[1].used_bytes, 100);
    budgets = spend(state, "crate:parser=0", "crate:*=0");
    assert_int_equal(budgets[0].used_bytes, 100);
    assert_int_equal(budgets[1].used_bytes, 30);
    budgets = spend(state, "crate:p*=0", "crate:pa*=0");
    assert_int_equal(budgets[0].used_bytes, 100);
    assert_int_equal(budgets[1].used_bytes, 0);
}

static void more_bytes_or_more_blocks_exceed_a_budget(void **state)
{
    assert_false(cst_budget_is_exceeded(spend(state, "crate:parser=100/2", NULL)));
    assert_true(cst_budget_is_exceeded(spend(state, "crate:parser=99/2", NULL)));
    assert_true(cst_budget_is_exceeded(spend(state, "crate:parser=100/1", NULL)));
    assert_false(cst_budget_is_exceeded(spend(state, "crate:parser=100", NULL)));
    assert_false(cst_budget_is_exceeded(spend(state, "crate:nobody=0", NULL)));
}

static void a_budget_of_nothing_allows_no_empty_block(void **state)
{
    assert_true(cst_budget_is_exceeded(spend(state, "site:parse_line=0", NULL)));
    assert_false(cst_budget_is_exceeded(spend(state, "site:parse_line=0/4", NULL)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(amounts_have_units_and_blocks),
        TEST(a_word_in_front_says_what_the_name_is_of),
        TEST(wrong_budgets_are_refused),
        TEST(leaks_fall_under_who_pays),
        TEST(the_most_specific_budget_takes_a_leak),
        TEST(more_bytes_or_more_blocks_exceed_a_budget),
        TEST(a_budget_of_nothing_allows_no_empty_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
