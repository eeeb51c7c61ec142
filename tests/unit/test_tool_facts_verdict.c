/* What symbols and debug information come to together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "facts_verdict.h"

#include "custody/words.h"

enum { DESCRIBED = CUSTODY_FACTS_DESCRIBED, ALLOCATOR = CUSTODY_FACTS_RUST_ALLOCATOR, MERGED = CUSTODY_FACTS_MERGED };

/* A module with code at [0x1000, 0x2000): units without symbols. */
static struct cst_arena arena;
static struct cst_facts_spans code;
static struct cst_facts_symbols symbols;
static struct cst_facts_units units;

static int set_up(void **state)
{
    (void)state;
    code = (struct cst_facts_spans){0};
    symbols = (struct cst_facts_symbols){0};
    units = (struct cst_facts_units){0};
    cst_facts_spans_add(&arena, &code, (struct cst_facts_span){.lo = 0x1000, .hi = 0x2000});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

static void function(uint64_t lo, uint64_t hi, enum custody_lang lang)
{
    cst_facts_spans_add(&arena, &units.functions, (struct cst_facts_span){lo, hi, (uint8_t)lang, DESCRIBED});
    units.rust = units.rust || lang == CUSTODY_LANG_RUST;
}

static void allocator(uint64_t lo, uint64_t hi)
{
    cst_facts_spans_add(&arena, &units.allocators, (struct cst_facts_span){lo, hi, CUSTODY_LANG_RUST, ALLOCATOR});
}

/* The language and flags at an address, as a row has them. */
static unsigned verdict_at(uint64_t address)
{
    struct cst_facts_spans spans = cst_facts_verdict_spans(&arena, &symbols, &units, &code);
    for (size_t i = 0; i < spans.count; i++) {
        if (spans.items[i].lo <= address && address < spans.items[i].hi) {
            return (unsigned)spans.items[i].flags << 8 | spans.items[i].lang;
        }
    }
    return 0;
}

static unsigned verdict(enum custody_lang lang, int flags)
{
    return (unsigned)flags << 8 | lang;
}

static void c_is_proof(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_C);
    assert_int_equal(verdict_at(0x1050), verdict(CUSTODY_LANG_C, DESCRIBED));
    assert_int_equal(verdict_at(0x1100), verdict(CUSTODY_LANG_NONE, 0));
}

static void rust_that_calls_its_allocator_is_proof(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    symbols.rust_entries = true;
    assert_int_equal(verdict_at(0x1050), verdict(CUSTODY_LANG_RUST, DESCRIBED));
}

static void rust_into_which_its_allocator_is_inlined_proves_nothing(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    function(0x1100, 0x1200, CUSTODY_LANG_C);
    allocator(0x1040, 0x1044);
    units.inlined = symbols.rust_entries = true;
    assert_int_equal(verdict_at(0x1040), verdict(CUSTODY_LANG_RUST, DESCRIBED | ALLOCATOR));
    assert_int_equal(verdict_at(0x1050), verdict(CUSTODY_LANG_RUST, DESCRIBED | MERGED));
    assert_int_equal(verdict_at(0x1150), verdict(CUSTODY_LANG_C, DESCRIBED));
    assert_int_equal(verdict_at(0x1800), verdict(CUSTODY_LANG_NONE, MERGED));
}

static void rust_without_an_allocator_anywhere_may_have_had_it_merged_away(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    assert_int_equal(verdict_at(0x1050), verdict(CUSTODY_LANG_RUST, DESCRIBED | MERGED));
}

static void what_only_hands_on_may_have_been_folded(void **state)
{
    (void)state;
    function(0x1000, 0x1010, CUSTODY_LANG_RUST);
    allocator(0x1004, 0x100a);
    units.inlined = true;
    assert_int_equal(verdict_at(0x1004), verdict(CUSTODY_LANG_RUST, DESCRIBED | ALLOCATOR | MERGED));
    units.inlined = false;
    symbols.rust_entries = true;
    assert_int_equal(verdict_at(0x1004), verdict(CUSTODY_LANG_RUST, DESCRIBED | ALLOCATOR));
}

static void functions_at_one_place_are_in_doubt(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    function(0x1200, 0x1300, CUSTODY_LANG_RUST);
    function(0x1200, 0x1300, CUSTODY_LANG_C);
    allocator(0x1040, 0x1044);
    units.inlined = true;
    assert_int_equal(verdict_at(0x1040), verdict(CUSTODY_LANG_RUST, DESCRIBED | ALLOCATOR | MERGED));
    assert_int_equal(verdict_at(0x1250), verdict(CUSTODY_LANG_NONE, DESCRIBED | MERGED));
}

static void what_an_own_allocator_is_made_of_has_any_name(void **state)
{
    (void)state;
    function(0x1000, 0x1100, CUSTODY_LANG_RUST);
    function(0x1100, 0x1200, CUSTODY_LANG_RUST);
    allocator(0x1100, 0x1200);
    symbols.rust_entries = units.custom = true;
    assert_int_equal(verdict_at(0x1050), verdict(CUSTODY_LANG_RUST, DESCRIBED | MERGED));
    assert_int_equal(verdict_at(0x1150), verdict(CUSTODY_LANG_RUST, DESCRIBED | ALLOCATOR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(c_is_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rust_that_calls_its_allocator_is_proof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rust_into_which_its_allocator_is_inlined_proves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rust_without_an_allocator_anywhere_may_have_had_it_merged_away, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_only_hands_on_may_have_been_folded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(functions_at_one_place_are_in_doubt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_an_own_allocator_is_made_of_has_any_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
