/* The rules, row by row: every kind against contracts, roles, sides, confidence and the strict setting. A row is an owner, a
 * releaser and the verdict as it reads in a report. */
#include "core/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MALLOC CUSTODY_CONTRACT_MALLOC
#define NEW CUSTODY_CONTRACT_NEW
#define ARRAY CUSTODY_CONTRACT_NEW_ARRAY
#define RUST CUSTODY_CONTRACT_RUST
#define LIBC CUSTODY_CONTRACT_LIBC
#define CUSTODY CUSTODY_CONTRACT_CUSTODY
#define UNKNOWN CUSTODY_CONTRACT_UNKNOWN
#define EITHER CUSTODY_CONTRACT_MALLOC_OR_RUST
#define SQLITE CUSTODY_CONTRACT_SQLITE
#define GLIB CUSTODY_CONTRACT_GLIB
#define ALIGNED CUSTODY_CONTRACT_GLIB_ALIGNED
#define BUFFER CUSTODY_CONTRACT_LIBPQ_BUFFER
#define LIBPQ CUSTODY_CONTRACT_LIBPQ
#define JEMALLOC CUSTODY_CONTRACT_JEMALLOC
#define MIMALLOC CUSTODY_CONTRACT_MIMALLOC

static const struct cst_module client = {.id = 0, .role = CST_ROLE_PROGRAM, .rust = CST_RUST_EXACT},
                               ledger = {.id = 1, .role = CST_ROLE_LIBRARY}, libc = {.id = 2, .role = CST_ROLE_LIBC},
                               libcxx = {.id = 3, .role = CST_ROLE_CXX_RUNTIME},
                               custody = {.id = 4, .role = CST_ROLE_CUSTODY},
                               lto = {.id = 5, .role = CST_ROLE_LIBRARY, .rust = CST_RUST_INFERRED},
                               operators = {.id = 6, .role = CST_ROLE_LIBRARY, .operators = CST_OPERATORS_OWN},
                               wrapped = {.id = 7,
                                          .role = CST_ROLE_PROGRAM,
                                          .rust = CST_RUST_EXACT,
                                          .rust_by = CST_RUST_BY_ALLOCATOR,
                                          .rust_mingles = true},
                               closed = {.id = 8,
                                         .role = CST_ROLE_PROGRAM,
                                         .rust = CST_RUST_EXACT,
                                         .rust_by = CST_RUST_BY_ALLOCATOR},
                               told = {.id = 9,
                                       .role = CST_ROLE_LIBRARY,
                                       .rust = CST_RUST_EXACT,
                                       .rust_by = CST_RUST_BY_DEBUG_INFO,
                                       .rust_by_site = true};

/* A side number for each module and language; 0 for no module. */
static struct cst_rule_party party(const struct cst_module *module, enum custody_contract contract)
{
    unsigned side = module ? 10 * (module->id + 1) + (unsigned)custody_contract_lang(contract) : 0;
    return (struct cst_rule_party){.side = (uint16_t)side, .module = module, .contract = contract};
}

static struct cst_rule_case a_release(const struct cst_module *owner, enum custody_contract made,
                                      const struct cst_module *by, enum custody_contract released)
{
    return (struct cst_rule_case){
        .target = CST_TARGET_BLOCK, .owner = party(owner, made), .by = party(by, released), .size = 24, .align = 8};
}

static void expect(const struct cst_rule_case *facts, const char *expected)
{
    char words[128] = "silent";
    struct cst_verdict verdict = cst_rules_judge(facts);
    if (verdict.found) {
        (void)snprintf(words, sizeof words, "%s %s: %s", custody_confidence_name(verdict.confidence),
                       custody_severity_name(verdict.severity), custody_finding_name(verdict.kind));
    }
    assert_string_equal(words, expected);
}

/* One row of a table. */
struct row {
    const struct cst_module *owner;
    enum custody_contract made;
    const struct cst_module *by;
    enum custody_contract released;
    const char *expected;
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cst_rule_case facts = a_release(rows[i].owner, rows[i].made, rows[i].by, rows[i].released);
        expect(&facts, rows[i].expected);
    }
}

#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof(rows)[0])

static void an_owner_releases_its_blocks_in_silence(void **state)
{
    (void)state;
    static const struct cst_module *const modules[] = {&client,  &ledger, &libc,      &libcxx,
                                                       &custody, &lto,    &operators, NULL};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        for (unsigned contract = 0; contract < CUSTODY_CONTRACT_COUNT; contract++) {
            struct cst_rule_case facts =
                a_release(modules[i], (enum custody_contract)contract, modules[i], (enum custody_contract)contract);
            expect(&facts, "silent");
            facts.strict = true;
            expect(&facts, "silent");
        }
    }
}

static void allocators_that_do_not_match_across_languages_are_an_error(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&client, RUST, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&client, RUST, &client, MALLOC, "exact error: cross-allocator-free"},
        {&client, RUST, &ledger, NEW, "exact error: cross-allocator-free"},
        {&ledger, MALLOC, &client, RUST, "exact error: cross-allocator-free"},
        {&client, MALLOC, &client, RUST, "exact error: cross-allocator-free"},
        {&ledger, ARRAY, &client, RUST, "exact error: cross-allocator-free"},
        {&client, RUST, &libc, MALLOC, "exact error: cross-allocator-free"},
        {&client, CUSTODY, &client, MALLOC, "exact error: cross-allocator-free"},
        {&client, MALLOC, &client, CUSTODY, "exact error: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void the_wrong_function_of_ones_own_side_is_a_mismatch_and_of_another_a_crossing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&client, MALLOC, &client, NEW, "exact error: mismatched-release"},
        {&client, MALLOC, &client, ARRAY, "exact error: mismatched-release"},
        {&client, NEW, &client, MALLOC, "exact error: mismatched-release"},
        {&client, NEW, &client, ARRAY, "exact error: mismatched-release"},
        {&client, ARRAY, &client, NEW, "exact error: mismatched-release"},
        {&client, ARRAY, &client, MALLOC, "exact error: mismatched-release"},
        {&client, NEW, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&client, MALLOC, &ledger, ARRAY, "exact error: cross-allocator-free"},
        {&ledger, ARRAY, &client, NEW, "exact error: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void libc_and_the_cxx_runtime_act_for_others(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&libc, MALLOC, &client, MALLOC, "silent"},
        {&client, MALLOC, &libc, MALLOC, "silent"},
        {&libcxx, NEW, &client, NEW, "silent"},
        {&client, NEW, &libcxx, NEW, "silent"},
        {&custody, MALLOC, &client, MALLOC, "silent"},
        {&libcxx, NEW, &client, MALLOC, "exact error: mismatched-release"},
        {&client, NEW, &libc, MALLOC, "exact error: mismatched-release"},
        {&client, MALLOC, &libcxx, NEW, "exact error: mismatched-release"},
    };
    EXPECT_ROWS(rows);
}

static void objects_of_libc_are_libcs_to_release(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&client, LIBC, &libc, MALLOC, "silent"},
        {&client, LIBC, &client, MALLOC, "exact error: cross-allocator-free"},
        {&client, LIBC, &client, NEW, "exact error: cross-allocator-free"},
        {&client, LIBC, &client, RUST, "exact error: cross-allocator-free"},
        {&client, LIBC, &libcxx, MALLOC, "exact error: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void a_librarys_block_is_its_librarys_to_release(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, SQLITE, &ledger, SQLITE, "silent"},
        {&ledger, SQLITE, &client, MALLOC, "exact error: cross-allocator-free"},
        {&ledger, SQLITE, &client, NEW, "exact error: cross-allocator-free"},
        {&ledger, SQLITE, &client, RUST, "exact error: cross-allocator-free"},
        {&ledger, SQLITE, &operators, GLIB, "exact error: cross-allocator-free"},
        {&client, MALLOC, &ledger, GLIB, "exact error: cross-allocator-free"},
        {&client, RUST, &ledger, GLIB, "exact error: cross-allocator-free"},
        {&operators, MALLOC, &ledger, GLIB, "exact error: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

/* What comes from malloc may be a library's as well, as long as nobody knows who called. */
static void plain_malloc_of_nobody_known_is_no_mismatch_with_a_librarys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, SQLITE, NULL, MALLOC, "silent"},
        {NULL, MALLOC, &ledger, GLIB, "silent"},
        {&ledger, SQLITE, &libc, MALLOC, "silent"},
        {&libc, MALLOC, &ledger, GLIB, "silent"},
        {&ledger, SQLITE, NULL, NEW, "inferred warning: cross-allocator-free"},
        {&ledger, SQLITE, &lto, MALLOC, "inferred warning: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void contracts_of_one_library_are_told_apart_on_suspicion_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, ALIGNED, &ledger, GLIB, "inferred warning: cross-allocator-free"},
        {&ledger, GLIB, &ledger, ALIGNED, "inferred warning: cross-allocator-free"},
        {&ledger, ALIGNED, &client, MALLOC, "exact error: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void buffers_made_for_callers_may_be_released_either_way(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&ledger, BUFFER, &client, MALLOC);
    facts.owner.open = true;
    expect(&facts, "silent");
    facts.by = party(&ledger, LIBPQ);
    expect(&facts, "silent");
    facts.by = party(&client, NEW);
    expect(&facts, "exact error: cross-allocator-free");
    facts = a_release(&client, MALLOC, &ledger, BUFFER);
    facts.by.open = true;
    expect(&facts, "silent");
}

static void a_library_that_calls_the_programs_functions_is_not_judged(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, MALLOC, &ledger, CUSTODY_CONTRACT_LIBXML);
    expect(&facts, "exact error: cross-allocator-free");
    facts.replaced = true;
    expect(&facts, "silent");
}

static void a_piece_of_a_librarys_block_is_the_librarys_too(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&ledger, CUSTODY_CONTRACT_GLIB_SLICE, &client, MALLOC);
    facts.handed_out = true;
    expect(&facts, "exact error: cross-allocator-free");
    facts.target = CST_TARGET_INTERIOR;
    expect(&facts, "exact error: cross-allocator-free");
    facts.by = party(NULL, MALLOC);
    expect(&facts, "exact error: cross-allocator-free");
    facts.handed_out = false;
    expect(&facts, "exact error: interior-free");
    facts = a_release(&ledger, CUSTODY_CONTRACT_GLIB_SLICE, &ledger, GLIB);
    facts.handed_out = true; /* the library gives a whole page back */
    expect(&facts, "silent");
}

static void an_unknown_contract_is_never_judged(void **state)
{
    (void)state;
    for (unsigned contract = 0; contract < CUSTODY_CONTRACT_COUNT; contract++) {
        struct cst_rule_case made = a_release(NULL, UNKNOWN, &client, (enum custody_contract)contract);
        struct cst_rule_case released = a_release(&client, (enum custody_contract)contract, NULL, UNKNOWN);
        expect(&made, "silent");
        expect(&released, "silent");
    }
}

static void a_side_that_is_not_known_is_never_accused_of_an_error(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {NULL, MALLOC, &client, MALLOC, "silent"},
        {&client, MALLOC, NULL, MALLOC, "silent"},
        {NULL, MALLOC, &client, NEW, "inferred warning: mismatched-release"},
        {&client, NEW, NULL, MALLOC, "inferred warning: mismatched-release"},
        {&client, RUST, NULL, MALLOC, "inferred warning: cross-allocator-free"},
        {NULL, MALLOC, &client, RUST, "inferred warning: cross-allocator-free"},
    };
    EXPECT_ROWS(rows);
}

static void a_block_released_by_another_side_is_a_warning_for_malloc_and_a_note_for_new(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, MALLOC, &client, MALLOC, "exact warning: cross-side-free"},
        {&client, MALLOC, &ledger, MALLOC, "exact warning: cross-side-free"},
        {&client, RUST, &ledger, RUST, "exact warning: cross-side-free"},
        {&client, CUSTODY, &ledger, CUSTODY, "exact warning: cross-side-free"},
        {&client, NEW, &ledger, NEW, "exact note: cross-side-free"},
        {&client, ARRAY, &ledger, ARRAY, "exact note: cross-side-free"},
    };
    EXPECT_ROWS(rows);
}

static void strict_makes_every_crossing_an_error(void **state)
{
    (void)state;
    static const enum custody_contract contracts[] = {MALLOC, RUST, CUSTODY, NEW, ARRAY};
    for (size_t i = 0; i < sizeof contracts / sizeof contracts[0]; i++) {
        struct cst_rule_case facts = a_release(&client, contracts[i], &ledger, contracts[i]);
        facts.strict = true;
        expect(&facts, "exact error: cross-side-free");
        facts.by = party(&libc, contracts[i]);
        expect(&facts, "silent");
    }
}

static void two_sides_of_one_module_are_no_crossing(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, MALLOC, &client, MALLOC);
    facts.by.side++;
    expect(&facts, "silent");
}

static void names_without_a_module_are_sides_where_custody_itself_releases(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(NULL, CUSTODY_CONTRACT_CUSTODY, NULL, CUSTODY_CONTRACT_CUSTODY);
    facts.owner.side = 500;
    facts.by.side = 501;
    expect(&facts, "exact warning: cross-side-free");
}

static void what_a_name_without_a_module_was_given_is_released_by_any_module_as_agreed(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(NULL, MALLOC, &client, MALLOC);
    facts.owner.side = 500;
    expect(&facts, "silent");
    facts.by.contract = NEW;
    expect(&facts, "exact error: cross-allocator-free");
}

static void rust_whose_entries_are_not_hooked_is_accused_on_suspicion_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&lto, MALLOC, &client, RUST, "inferred warning: cross-allocator-free"},
        {&client, RUST, &lto, MALLOC, "inferred warning: cross-allocator-free"},
        {&lto, MALLOC, &ledger, MALLOC, "inferred warning: cross-side-free"},
        {&ledger, MALLOC, &lto, MALLOC, "inferred warning: cross-side-free"},
        {&lto, RUST, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&lto, NEW, &ledger, NEW, "exact note: cross-side-free"},
        {&lto, MALLOC, &libc, MALLOC, "silent"},
    };
    EXPECT_ROWS(rows);
}

static void rust_told_by_facts_is_exact_where_the_other_is_proven(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&told, RUST, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&ledger, MALLOC, &told, RUST, "exact error: cross-allocator-free"},
        {&told, RUST, &told, MALLOC, "exact error: cross-allocator-free"},
        {&told, MALLOC, &told, RUST, "exact error: cross-allocator-free"},
        {&told, RUST, &told, NEW, "exact error: cross-allocator-free"},
        {&told, MALLOC, &told, NEW, "exact error: mismatched-release"},
        {&told, MALLOC, &ledger, MALLOC, "exact warning: cross-side-free"},
        {&told, RUST, &client, RUST, "exact warning: cross-side-free"},
        {&told, RUST, &told, RUST, "silent"},
    };
    EXPECT_ROWS(rows);
}

static void a_site_that_facts_do_not_describe_is_accused_on_suspicion_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&told, RUST, &told, MALLOC, "inferred warning: cross-allocator-free"},
        {&told, MALLOC, &told, RUST, "inferred warning: cross-allocator-free"},
        {&told, MALLOC, &told, NEW, "inferred warning: mismatched-release"},
        {&told, MALLOC, &ledger, MALLOC, "inferred warning: cross-side-free"},
        {&told, MALLOC, &told, MALLOC, "silent"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cst_rule_case facts = a_release(rows[i].owner, rows[i].made, rows[i].by, rows[i].released);
        facts.owner.in_doubt = facts.by.in_doubt = true;
        expect(&facts, rows[i].expected);
    }
}

static void rust_that_facts_tell_in_part_is_accused_on_suspicion_only(void **state)
{
    (void)state;
    static const struct cst_module part = {
        .id = 8, .role = CST_ROLE_LIBRARY, .rust = CST_RUST_INFERRED, .rust_by_site = true};
    static const struct row rows[] = {
        {&part, RUST, &ledger, MALLOC, "inferred warning: cross-allocator-free"},
        {&ledger, MALLOC, &part, RUST, "inferred warning: cross-allocator-free"},
        {&client, RUST, &part, RUST, "inferred warning: cross-side-free"},
        {&ledger, NEW, &part, RUST, "inferred warning: cross-allocator-free"},
        {&part, RUST, &part, RUST, "silent"},
    };
    EXPECT_ROWS(rows);
}

static void what_may_be_either_mallocs_or_rusts_is_not_judged(void **state)
{
    (void)state;
    static const struct cst_module *const modules[] = {&client, &ledger, &libc, &lto, &operators, &told, NULL};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        for (unsigned contract = 0; contract < CUSTODY_CONTRACT_COUNT; contract++) {
            struct cst_rule_case made = a_release(&told, EITHER, modules[i], (enum custody_contract)contract);
            struct cst_rule_case released = a_release(modules[i], (enum custody_contract)contract, &told, EITHER);
            made.strict = released.strict = true;
            expect(&made, "silent");
            expect(&released, "silent");
        }
    }
    struct cst_rule_case facts = a_release(&told, EITHER, &told, RUST);
    facts.target = CST_TARGET_RELEASED;
    expect(&facts, "exact error: double-free");
}

/* Destructors of threads are called by libc, and may end with a jump to free. */
static void an_unknown_caller_may_be_rust_that_only_facts_tell(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&told, RUST, NULL, MALLOC);
    facts.by.near = &libc;
    expect(&facts, "silent");
    facts = a_release(NULL, MALLOC, &told, RUST);
    expect(&facts, "silent");
    facts = a_release(&client, RUST, NULL, MALLOC);
    facts.by.near = &told;
    expect(&facts, "silent");
    facts.by.near = &libc;
    expect(&facts, "inferred warning: cross-allocator-free");
}

static void strict_does_not_make_a_suspicion_an_error(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&lto, MALLOC, &ledger, MALLOC);
    facts.strict = true;
    expect(&facts, "inferred warning: cross-side-free");
}

static void a_module_with_operators_of_its_own_may_mix_them_with_malloc(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&operators, MALLOC, &operators, NEW, "silent"},
        {&operators, NEW, &client, MALLOC, "silent"},
        {&client, NEW, &operators, MALLOC, "silent"},
        {&operators, ARRAY, &operators, NEW, "silent"},
        {&client, RUST, &operators, MALLOC, "exact error: cross-allocator-free"},
        {&operators, MALLOC, &client, MALLOC, "exact warning: cross-side-free"},
    };
    EXPECT_ROWS(rows);
}

/* Who returns near a module that explains the call: told by near alone. */
static struct cst_rule_party unknown_near(const struct cst_module *near, enum custody_contract contract)
{
    return (struct cst_rule_party){.near = near, .contract = contract};
}

static void an_unknown_caller_near_a_module_that_mixes_operators_is_not_suspected(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, NEW, NULL, MALLOC);
    facts.by = unknown_near(&operators, MALLOC);
    expect(&facts, "silent");
    facts = a_release(NULL, MALLOC, &client, NEW);
    facts.owner = unknown_near(&operators, MALLOC);
    expect(&facts, "silent");
}

/* Rust code of `module` on both sides: its malloc and its allocator are one side's. */
static struct cst_rule_case within_rust(const struct cst_module *module, enum custody_contract made,
                                        enum custody_contract released)
{
    struct cst_rule_case facts = a_release(module, made, module, released);
    facts.owner.side = facts.by.side = party(module, RUST).side;
    return facts;
}

static void rust_that_may_hold_its_own_allocator_inlined_is_not_accused_of_mixing_it_with_malloc(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&wrapped, RUST, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&ledger, MALLOC, &wrapped, RUST, "exact error: cross-allocator-free"},
        {&wrapped, RUST, &client, RUST, "exact warning: cross-side-free"},
        {&wrapped, RUST, &wrapped, MALLOC, "exact error: cross-allocator-free"}, /* C code of the module */
    };
    EXPECT_ROWS(rows);
    struct cst_rule_case facts = within_rust(&wrapped, RUST, MALLOC);
    expect(&facts, "silent");
    facts = within_rust(&wrapped, MALLOC, RUST);
    expect(&facts, "silent");
    facts = within_rust(&closed, RUST, MALLOC);
    expect(&facts, "exact error: cross-allocator-free");
    facts = a_release(&wrapped, RUST, NULL, MALLOC);
    expect(&facts, "inferred warning: cross-allocator-free");
    facts.by.near = &wrapped;
    expect(&facts, "silent");
}

static void an_allocator_that_is_run_by_a_hook_is_not_accused(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&closed, RUST, NULL, MALLOC);
    facts.by.near = &custody;
    expect(&facts, "silent");
    facts = a_release(NULL, MALLOC, &closed, RUST);
    facts.owner.near = &custody;
    expect(&facts, "silent");
    facts = a_release(&client, RUST, NULL, MALLOC);
    facts.by.near = &custody;
    expect(&facts, "inferred warning: cross-allocator-free");
}

static void what_lies_near_a_known_caller_does_not_matter(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, NEW, &ledger, MALLOC);
    facts.by.near = &operators;
    expect(&facts, "exact error: cross-allocator-free");
    facts = a_release(&client, RUST, &ledger, MALLOC);
    facts.by.near = &lto;
    expect(&facts, "exact error: cross-allocator-free");
}

static void a_layout_that_differs_is_an_error_whoever_releases(void **state)
{
    (void)state;
    static const struct cst_module *const releasers[] = {&client, &ledger, &libcxx, NULL};
    for (size_t i = 0; i < sizeof releasers / sizeof releasers[0]; i++) {
        struct cst_rule_case facts = a_release(&client, RUST, releasers[i], RUST);
        facts.has_given_size = true;
        facts.given_size = 25;
        expect(&facts, "exact error: layout-mismatch");
        facts.has_given_size = false;
        facts.has_given_align = true;
        facts.given_align = 16;
        expect(&facts, "exact error: layout-mismatch");
    }
}

static void a_layout_that_fits_or_is_not_named_is_silent(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, RUST, &client, RUST);
    facts.given_size = 999;
    facts.given_align = 999;
    expect(&facts, "silent");
    facts.has_given_size = facts.has_given_align = true;
    facts.given_size = facts.size;
    facts.given_align = facts.align;
    expect(&facts, "silent");
}

static void allocators_with_memory_of_their_own_are_mixed_with_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&client, MIMALLOC, &client, MALLOC, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, &ledger, NEW, "exact error: cross-allocator-free"},
        {&client, MALLOC, &client, MIMALLOC, "exact error: cross-allocator-free"},
        {&client, RUST, &client, MIMALLOC, "exact error: cross-allocator-free"},
        {&lto, MALLOC, &client, MIMALLOC, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, &client, JEMALLOC, "exact error: cross-allocator-free"},
        {&client, SQLITE, &client, MIMALLOC, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, &libc, MALLOC, "exact error: cross-allocator-free"},
        {&operators, NEW, &operators, MIMALLOC, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, NULL, MALLOC, "inferred warning: cross-allocator-free"},
        {NULL, MALLOC, &client, MIMALLOC, "inferred warning: cross-allocator-free"},
        {&client, MIMALLOC, &ledger, MIMALLOC, "exact warning: cross-side-free"},
        {&client, MIMALLOC, NULL, MIMALLOC, "silent"},
    };
    EXPECT_ROWS(rows);
}

static void the_programs_malloc_may_be_mixed_with_its_familys_functions(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&client, MIMALLOC, &client, MALLOC, "inferred note: cross-allocator-free"},
        {&client, MALLOC, &ledger, MIMALLOC, "inferred note: cross-allocator-free"},
        {&client, NEW, &client, MIMALLOC, "inferred note: cross-allocator-free"},
        {&client, JEMALLOC, &client, MALLOC, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, &client, RUST, "exact error: cross-allocator-free"},
        {&client, MIMALLOC, &client, JEMALLOC, "exact error: cross-allocator-free"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cst_rule_case facts = a_release(rows[i].owner, rows[i].made, rows[i].by, rows[i].released);
        facts.malloc_family = MIMALLOC;
        expect(&facts, rows[i].expected);
    }
}

static void what_may_be_of_the_malloc_in_our_place_is_not_foreign(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&client, UNKNOWN, &client, MALLOC);
    facts.target = CST_TARGET_FOREIGN;
    facts.other_malloc = true;
    expect(&facts, "silent");
    facts.target = CST_TARGET_NOTHING;
    expect(&facts, "exact error: invalid-free");
}

static void the_wrong_allocator_outweighs_the_wrong_layout(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&ledger, MALLOC, &client, RUST);
    facts.has_given_size = true;
    facts.given_size = 1;
    expect(&facts, "exact error: cross-allocator-free");
}

static void what_is_no_live_block_is_an_error_whoever_releases(void **state)
{
    (void)state;
    static const struct {
        enum cst_target target;
        const char *expected;
    } rows[] = {
        {CST_TARGET_RELEASED, "exact error: double-free"},
        {CST_TARGET_INTERIOR, "exact error: interior-free"},
        {CST_TARGET_FOREIGN, "exact error: foreign-free"},
        {CST_TARGET_NOTHING, "exact error: invalid-free"},
    };
    static const struct cst_module *const releasers[] = {&client, &ledger, &libc, &lto, &operators, NULL};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; j < sizeof releasers / sizeof releasers[0]; j++) {
            struct cst_rule_case facts = a_release(&client, RUST, releasers[j], MALLOC);
            facts.target = rows[i].target;
            expect(&facts, rows[i].expected);
        }
    }
}

static void no_suspicion_of_any_kind_is_more_than_a_warning(void **state)
{
    (void)state;
    static const struct cst_module *const modules[] = {&client,  &ledger, &libc,      &libcxx,
                                                       &custody, &lto,    &operators, NULL};
    enum { MODULES = sizeof modules / sizeof modules[0], CONTRACTS = CUSTODY_CONTRACT_COUNT };
    for (unsigned i = 0; i < MODULES * CONTRACTS * MODULES * CONTRACTS; i++) {
        struct cst_rule_case facts = a_release(modules[i % MODULES], (enum custody_contract)(i / MODULES % CONTRACTS),
                                               modules[i / MODULES / CONTRACTS % MODULES],
                                               (enum custody_contract)(i / MODULES / CONTRACTS / MODULES));
        facts.strict = true;
        struct cst_verdict verdict = cst_rules_judge(&facts);
        bool is_error = verdict.found && verdict.severity == CUSTODY_SEVERITY_ERROR;
        bool is_known = facts.owner.side != CST_SIDE_UNKNOWN && facts.by.side != CST_SIDE_UNKNOWN;
        assert_true(!is_error || (verdict.confidence == CUSTODY_CONFIDENCE_EXACT && is_known));
    }
}

/* What becomes of the verdict under a rule of the policy. */
static void expect_obeyed(enum cst_policy_verb verb, const struct cst_rule_case *facts, const char *expected)
{
    char words[128] = "silent";
    struct cst_verdict verdict = cst_rules_obey(verb, facts, cst_rules_judge(facts));
    if (verdict.found) {
        (void)snprintf(words, sizeof words, "%s %s: %s", custody_confidence_name(verdict.confidence),
                       custody_severity_name(verdict.severity), custody_finding_name(verdict.kind));
    }
    assert_string_equal(words, expected);
}

static void a_policy_allows_what_was_found_of_a_crossing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, MALLOC, &client, MALLOC, "silent"}, {&ledger, NEW, &client, NEW, "silent"},
        {&client, RUST, &ledger, MALLOC, "silent"},   {&client, MALLOC, &client, NEW, "silent"},
        {&lto, MALLOC, &client, MALLOC, "silent"},    {&client, RUST, NULL, MALLOC, "silent"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cst_rule_case facts = a_release(rows[i].owner, rows[i].made, rows[i].by, rows[i].released);
        expect_obeyed(CST_POLICY_ALLOW, &facts, rows[i].expected);
    }
}

static void a_policy_makes_an_error_of_what_is_exact_and_a_warning_of_what_is_not(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {&ledger, MALLOC, &client, MALLOC, "exact error: cross-side-free"},
        {&ledger, NEW, &client, NEW, "exact error: cross-side-free"},
        {&libcxx, NEW, &client, NEW, "exact error: cross-side-free"},
        {&client, RUST, &ledger, MALLOC, "exact error: cross-allocator-free"},
        {&client, MALLOC, &client, NEW, "exact error: mismatched-release"},
        {&lto, MALLOC, &client, MALLOC, "inferred warning: cross-side-free"},
        {&lto, MALLOC, &lto, MALLOC, "inferred warning: cross-side-free"},
        {&ledger, EITHER, &client, EITHER, "inferred warning: cross-side-free"},
        {&client, RUST, &lto, MALLOC, "inferred warning: cross-allocator-free"},
        {&operators, MALLOC, &client, NEW, "inferred warning: cross-allocator-free"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cst_rule_case facts = a_release(rows[i].owner, rows[i].made, rows[i].by, rows[i].released);
        expect_obeyed(CST_POLICY_FORBID, &facts, rows[i].expected);
    }
}

static void a_policy_leaves_all_else_as_it_is(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&ledger, MALLOC, &client, MALLOC);
    facts.has_given_size = true;
    facts.given_size = 25;
    expect_obeyed(CST_POLICY_ALLOW, &facts, "exact error: layout-mismatch");
    expect_obeyed(CST_POLICY_FORBID, &facts, "exact error: layout-mismatch");
    facts.target = CST_TARGET_RELEASED;
    expect_obeyed(CST_POLICY_ALLOW, &facts, "exact error: double-free");
}

static void sides_of_one_name_belong_together(void **state)
{
    (void)state;
    struct cst_rule_case facts = a_release(&ledger, MALLOC, &client, MALLOC);
    facts.owner.name = "ours";
    facts.by.name = "ours";
    expect(&facts, "silent");
    facts.by.name = "theirs";
    expect(&facts, "exact warning: cross-side-free");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owner_releases_its_blocks_in_silence),
        cmocka_unit_test(allocators_that_do_not_match_across_languages_are_an_error),
        cmocka_unit_test(the_wrong_function_of_ones_own_side_is_a_mismatch_and_of_another_a_crossing),
        cmocka_unit_test(rust_that_may_hold_its_own_allocator_inlined_is_not_accused_of_mixing_it_with_malloc),
        cmocka_unit_test(an_allocator_that_is_run_by_a_hook_is_not_accused),
        cmocka_unit_test(libc_and_the_cxx_runtime_act_for_others),
        cmocka_unit_test(objects_of_libc_are_libcs_to_release),
        cmocka_unit_test(a_librarys_block_is_its_librarys_to_release),
        cmocka_unit_test(plain_malloc_of_nobody_known_is_no_mismatch_with_a_librarys),
        cmocka_unit_test(contracts_of_one_library_are_told_apart_on_suspicion_only),
        cmocka_unit_test(buffers_made_for_callers_may_be_released_either_way),
        cmocka_unit_test(a_library_that_calls_the_programs_functions_is_not_judged),
        cmocka_unit_test(a_piece_of_a_librarys_block_is_the_librarys_too),
        cmocka_unit_test(an_unknown_contract_is_never_judged),
        cmocka_unit_test(a_side_that_is_not_known_is_never_accused_of_an_error),
        cmocka_unit_test(a_block_released_by_another_side_is_a_warning_for_malloc_and_a_note_for_new),
        cmocka_unit_test(strict_makes_every_crossing_an_error),
        cmocka_unit_test(two_sides_of_one_module_are_no_crossing),
        cmocka_unit_test(names_without_a_module_are_sides_where_custody_itself_releases),
        cmocka_unit_test(what_a_name_without_a_module_was_given_is_released_by_any_module_as_agreed),
        cmocka_unit_test(rust_whose_entries_are_not_hooked_is_accused_on_suspicion_only),
        cmocka_unit_test(rust_told_by_facts_is_exact_where_the_other_is_proven),
        cmocka_unit_test(a_site_that_facts_do_not_describe_is_accused_on_suspicion_only),
        cmocka_unit_test(rust_that_facts_tell_in_part_is_accused_on_suspicion_only),
        cmocka_unit_test(what_may_be_either_mallocs_or_rusts_is_not_judged),
        cmocka_unit_test(an_unknown_caller_may_be_rust_that_only_facts_tell),
        cmocka_unit_test(strict_does_not_make_a_suspicion_an_error),
        cmocka_unit_test(a_module_with_operators_of_its_own_may_mix_them_with_malloc),
        cmocka_unit_test(an_unknown_caller_near_a_module_that_mixes_operators_is_not_suspected),
        cmocka_unit_test(what_lies_near_a_known_caller_does_not_matter),
        cmocka_unit_test(a_layout_that_differs_is_an_error_whoever_releases),
        cmocka_unit_test(a_layout_that_fits_or_is_not_named_is_silent),
        cmocka_unit_test(allocators_with_memory_of_their_own_are_mixed_with_nothing),
        cmocka_unit_test(the_programs_malloc_may_be_mixed_with_its_familys_functions),
        cmocka_unit_test(what_may_be_of_the_malloc_in_our_place_is_not_foreign),
        cmocka_unit_test(the_wrong_allocator_outweighs_the_wrong_layout),
        cmocka_unit_test(what_is_no_live_block_is_an_error_whoever_releases),
        cmocka_unit_test(no_suspicion_of_any_kind_is_more_than_a_warning),
        cmocka_unit_test(a_policy_allows_what_was_found_of_a_crossing),
        cmocka_unit_test(a_policy_makes_an_error_of_what_is_exact_and_a_warning_of_what_is_not),
        cmocka_unit_test(a_policy_leaves_all_else_as_it_is),
        cmocka_unit_test(sides_of_one_name_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
