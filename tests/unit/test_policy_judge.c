/* Judging by rules: which rule speaks of which crossing, what it takes to be reached by one, and what belongs to a side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/file.h"
#include "policy/glob.h"
#include "policy/judge.h"

#define RULES 8

static const struct cst_policy_party app = {
    .side = "app", .lang = "rust", .contract = "malloc", .module = "/home/me/app", .is_known = true};
static const struct cst_policy_party ledger = {
    .side = "libledger.so.1", .lang = "c", .contract = "malloc", .module = "/opt/lib/libledger.so.1", .is_known = true};
static const struct cst_policy_party cxx = {.side = "libstdc++.so.6",
                                            .lang = "c++",
                                            .contract = "malloc",
                                            .module = "/usr/lib/libstdc++.so.6",
                                            .is_known = true,
                                            .acts_for_others = true};
static const struct cst_policy_party unknown = {.side = "unknown", .lang = "unknown", .contract = "malloc"};

static struct cst_policy_rule rules[RULES];

static void never(const struct cst_policy_error *error, void *data)
{
    (void)data;
    fail_msg("%u:%u: %s", error->line, error->column, error->why);
}

static size_t read_rules(const char *text)
{
    size_t errors = 0;
    return cst_policy_file_read(cst_view_of(text), rules, RULES, never, NULL, &errors);
}

static struct cst_policy_party under(struct cst_policy_party party, const char *contract)
{
    party.contract = contract;
    return party;
}

/* The line of the rule that a crossing meets; 0 for none. */
static unsigned meets(const char *text, struct cst_policy_party from, struct cst_policy_party to)
{
    struct cst_policy_crossing crossing = {.from = from, .to = to, .call = "free"};
    bool asks = false;
    size_t rule = cst_policy_find(rules, read_rules(text), &crossing, NULL, NULL, &asks);
    assert_false(asks);
    return rule == CST_POLICY_NO_RULE ? 0 : rules[rule].line;
}

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    static const char text[] =
        "isolate x\nside y module=z\nforbid from=lib?\nallow from=libledger*\nforbid from=lib*\n";
    assert_int_equal(meets(text, ledger, app), 4);
    assert_int_equal(meets(text, app, ledger), 0);
}

static void each_field_has_to_fit(void **state)
{
    (void)state;
    static const char *const fit[] = {"from=libledger.so.*",
                                      "to=app",
                                      "from-lang=c",
                                      "to-lang=r*",
                                      "from-module=libledger.so.1",
                                      "from-module=/opt/*",
                                      "to-module=me/app",
                                      "contract=mall?c",
                                      "from-contract=malloc",
                                      "to-contract=malloc",
                                      "call=free",
                                      "from=lib* to=a* call=f*"};
    static const char *const differ[] = {"from=libledger",         "to=apps",
                                         "from-lang=c++",          "to-lang=c",
                                         "from-module=edger.so.1", "from-module=/lib/*",
                                         "to-module=you/app",      "contract=new",
                                         "from-contract=rust",     "to-contract=new*",
                                         "call=realloc",           "from=lib* to=b* call=f*"};
    char text[64];
    for (int verb = 0; verb < 2; verb++) {
        for (size_t i = 0; i < sizeof fit / sizeof *fit; i++) {
            strcat(strcpy(text, verb ? "allow " : "forbid "), fit[i]);
            assert_int_equal(meets(text, ledger, app), 1);
        }
        for (size_t i = 0; i < sizeof differ / sizeof *differ; i++) {
            strcat(strcpy(text, verb ? "allow " : "forbid "), differ[i]);
            assert_int_equal(meets(text, ledger, app), 0);
        }
    }
}

static void contract_is_that_of_both(void **state)
{
    (void)state;
    assert_int_equal(meets("forbid contract=malloc", ledger, under(app, "new")), 0);
    assert_int_equal(meets("forbid contract=*", ledger, under(app, "new")), 1);
    assert_int_equal(meets("forbid from-contract=malloc to-contract=new", ledger, under(app, "new")), 1);
}

static void another_allocator_is_allowed_only_where_both_are_named(void **state)
{
    (void)state;
    const struct cst_policy_party rusty = under(app, "rust");
    assert_int_equal(meets("allow from=libledger*", ledger, rusty), 0);
    assert_int_equal(meets("allow to-contract=rust", ledger, rusty), 0);
    assert_int_equal(meets("allow contract=*", ledger, rusty), 0);
    assert_int_equal(meets("allow from-contract=malloc to-contract=rust", ledger, rusty), 1);
    assert_int_equal(meets("forbid from=libledger*", ledger, rusty), 1);
}

static void who_acts_for_others_is_forbidden_by_name_only(void **state)
{
    (void)state;
    assert_int_equal(meets("forbid to=app", cxx, app), 0);
    assert_int_equal(meets("forbid from=*", cxx, app), 0);
    assert_int_equal(meets("forbid from=lib*", cxx, app), 0);
    assert_int_equal(meets("forbid from=libstdc++.so*", cxx, app), 1);
    assert_int_equal(meets("forbid from=libstdc++*", cxx, app), 1);
    assert_int_equal(meets("forbid from-module=/usr/*", cxx, app), 0);
    assert_int_equal(meets("forbid from-module=/usr/*/libstdc++.so.6", cxx, app), 1);
    assert_int_equal(meets("forbid from=app", app, cxx), 0);
    assert_int_equal(meets("forbid to=libstdc++*", app, cxx), 1);
    assert_int_equal(meets("allow from=*", cxx, app), 1);
}

static void nothing_is_forbidden_to_the_unknown(void **state)
{
    (void)state;
    assert_int_equal(meets("forbid from=*", ledger, unknown), 0);
    assert_int_equal(meets("forbid to=app", unknown, app), 0);
    assert_int_equal(meets("allow to=unknown", ledger, unknown), 1);
    assert_int_equal(meets("allow to=app", ledger, unknown), 0);
}

static void parts_of_one_name_are_told_apart_by_language_only(void **state)
{
    (void)state;
    struct cst_policy_party part = app;
    part.lang = "c";
    assert_int_equal(meets("forbid from=app", app, part), 0);
    assert_int_equal(meets("forbid from=app to=app", app, part), 0);
    assert_int_equal(meets("forbid from=app to=app to-lang=c", app, part), 1);
    assert_int_equal(meets("forbid from-lang=rust to=app", app, part), 1);
    assert_int_equal(meets("allow from=app", app, part), 1);
}

/* What stacks hold, for rules that ask. */
struct stacks {
    const char *from, *to;
    int asked;
};

static bool ask(enum cst_policy_field field, struct cst_view glob, void *data)
{
    struct stacks *stacks = data;
    stacks->asked++;
    return cst_glob_fits(glob, cst_view_of(field == CST_POLICY_FROM_FUNCTION ? stacks->from : stacks->to));
}

static void stacks_are_asked_for_only_when_all_else_fits(void **state)
{
    (void)state;
    size_t count = read_rules("allow from=app to-function=take\nforbid from-function=ledger_* to-function=drop*\n"
                              "forbid from=libledger*\n");
    struct cst_policy_crossing crossing = {.from = ledger, .to = app, .call = "free"};
    struct stacks stacks = {.from = "ledger_name", .to = "dropped"};
    bool asks = false;
    assert_int_equal(cst_policy_find(rules, count, &crossing, ask, &stacks, &asks), 1);
    assert_int_equal(stacks.asked, 2);
    stacks.to = "other";
    assert_int_equal(cst_policy_find(rules, count, &crossing, ask, &stacks, &asks), 2);
    stacks = (struct stacks){.from = "other", .to = "drop"};
    assert_int_equal(cst_policy_find(rules, count, &crossing, ask, &stacks, &asks), 2);
    assert_false(asks);
    (void)cst_policy_find(rules, count, &crossing, NULL, NULL, &asks);
    assert_true(asks);
    asks = false;
    crossing = (struct cst_policy_crossing){.from = ledger, .to = app, .call = "free"};
    assert_int_equal(cst_policy_find(rules + 2, 1, &crossing, NULL, NULL, &asks), 0);
    assert_false(asks);
}

static void the_first_side_that_fits_names_a_module(void **state)
{
    (void)state;
    size_t count = read_rules("allow from=*\nside c-part module=app lang=c\nside app2 module=/home/me/app\n"
                              "side rest module=lib*\nside all lang=*\n");
    assert_int_equal(count, 5);
    assert_int_equal(cst_policy_find_side(rules, count, "/home/me/app", "c"), 1);
    assert_int_equal(cst_policy_find_side(rules, count, "/home/me/app", "rust"), 2);
    assert_int_equal(cst_policy_find_side(rules, count, "/lib/libx.so", "c"), 3);
    assert_int_equal(cst_policy_find_side(rules, count, "/bin/x", "c++"), 4);
    assert_int_equal(cst_policy_find_side(rules, 4, "/bin/x", "c++"), CST_POLICY_NO_RULE);
}

static void globs_are_bounded_by_their_length(void **state)
{
    (void)state;
    const struct cst_view glob = {.bytes = "a*bX", .length = 3}, text = {.bytes = "a--bY", .length = 4};
    assert_true(cst_glob_fits(glob, text));
    assert_false(cst_glob_fits((struct cst_view){.bytes = "abc", .length = 2}, cst_view_of("abc")));
    assert_true(cst_glob_fits(cst_view_of("a\\\"b\\*"), cst_view_of("a\"b*")));
    assert_true(cst_glob_fits(cst_view_of("a\\"), cst_view_of("a\\")));
    assert_true(cst_glob_fits((struct cst_view){.bytes = "", .length = 0}, cst_view_of("")));
}

static void a_glob_spells_a_name_out_up_to_its_ending(void **state)
{
    (void)state;
    const struct cst_view libc = cst_view_of("libc.so.6"), program = cst_view_of("app");
    assert_true(cst_glob_spells(cst_view_of("libc*"), libc));
    assert_true(cst_glob_spells(cst_view_of("libc.so.?"), libc));
    assert_true(cst_glob_spells(cst_view_of("/*/libc.so*"), libc));
    assert_false(cst_glob_spells(cst_view_of("lib*"), libc));
    assert_false(cst_glob_spells(cst_view_of("libcrypto.so*"), libc));
    assert_false(cst_glob_spells(cst_view_of("lib\\c.so.6"), libc));
    assert_true(cst_glob_spells(cst_view_of("app"), program));
    assert_false(cst_glob_spells(cst_view_of("ap*"), program));
    assert_false(cst_glob_spells(cst_view_of("*"), cst_view_of(".so")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(each_field_has_to_fit),
        cmocka_unit_test(contract_is_that_of_both),
        cmocka_unit_test(another_allocator_is_allowed_only_where_both_are_named),
        cmocka_unit_test(who_acts_for_others_is_forbidden_by_name_only),
        cmocka_unit_test(nothing_is_forbidden_to_the_unknown),
        cmocka_unit_test(parts_of_one_name_are_told_apart_by_language_only),
        cmocka_unit_test(stacks_are_asked_for_only_when_all_else_fits),
        cmocka_unit_test(the_first_side_that_fits_names_a_module),
        cmocka_unit_test(globs_are_bounded_by_their_length),
        cmocka_unit_test(a_glob_spells_a_name_out_up_to_its_ending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
