/* Settled: what was judged is remembered under all that the judgement rests on, and forgotten in time. */
#include "core/crossing.h"
#include "core/policy.h"
#include "core/settled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OWNER cst_owner_make(CUSTODY_CONTRACT_MALLOC, 3)
#define OTHER cst_owner_make(CUSTODY_CONTRACT_LIBXML, 4)

/* What is known of the call. */
static bool is_steady = true;
static uint32_t site = 77;

bool __wrap_cst_origin_steady(const struct cst_call *call, uint16_t *out_owner, uint32_t *out_site);
bool __wrap_cst_origin_steady(const struct cst_call *call, uint16_t *out_owner, uint32_t *out_site)
{
    (void)call;
    *out_owner = OTHER;
    *out_site = site;
    return is_steady;
}

static struct cst_tag tag_of(uint16_t owner, uint32_t alloc_stack)
{
    return (struct cst_tag){.facts = cst_tag_facts(40, 4, owner), .sites = cst_tag_sites(0, alloc_stack, 0)};
}

static void keep(struct cst_tag tag, uint16_t by)
{
    const struct cst_call call = {.door = CUSTODY_DOOR_FREE};
    const struct cst_origin origin = {.side = cst_owner_side(by), .contract = (uint8_t)cst_owner_contract(by)};
    uint32_t crossing = cst_crossing_count(3, 4, CUSTODY_CONTRACT_MALLOC, true);
    cst_settled_keep(&call, &origin, &tag, crossing);
}

static bool allows(uint16_t owner, uint32_t alloc_stack, uint16_t by, uint32_t at)
{
    const struct cst_settled_case what = {.owner = owner, .alloc_stack = alloc_stack, .by = by, .site = at};
    return cst_settled_allows(&what);
}

static int forget(void **state)
{
    (void)state;
    is_steady = true;
    site = 77;
    cst_policy_judges = false;
    cst_settled_forget();
    cst_crossing_after_fork();
    return 0;
}

static void what_was_judged_is_allowed_and_counted(void **state)
{
    static struct cst_crossing crossings[CST_CROSSING_MAX];
    (void)state;
    assert_false(allows(OWNER, 5, OTHER, 77));
    keep(tag_of(OWNER, 5), OTHER);
    assert_true(allows(OWNER, 5, OTHER, 77));
    assert_true(allows(OWNER, 5, OTHER, 77));
    assert_int_equal(cst_crossing_list(crossings), 1);
    assert_int_equal(crossings[0].from, 3);
    assert_int_equal(crossings[0].to, 4);
    assert_int_equal(crossings[0].contract, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(crossings[0].count, 3);
    assert_true(crossings[0].allowed);
}

static void another_case_is_not_settled_with_it(void **state)
{
    (void)state;
    keep(tag_of(OWNER, 5), OTHER);
    assert_false(allows(cst_owner_make(CUSTODY_CONTRACT_NEW, 3), 5, OTHER, 77));
    assert_false(allows(cst_owner_make(CUSTODY_CONTRACT_MALLOC, 2), 5, OTHER, 77));
    for (uint32_t stack = 0; stack < 100000; stack++)
        assert_int_equal(allows(OWNER, stack, OTHER, 77), stack == 5);
    assert_false(allows(OWNER, 5, OWNER, 77));
    assert_false(allows(OWNER, 5, OTHER, 78));
    assert_false(allows(OWNER, 5, OTHER, 0));
}

static void newer_answers_take_the_place_of_older_ones(void **state)
{
    (void)state;
    for (uint32_t stack = 0; stack < 10000; stack++) {
        keep(tag_of(OWNER, stack), OTHER);
        assert_true(allows(OWNER, stack, OTHER, 77));
    }
}

static void what_rests_on_more_is_not_kept(void **state)
{
    (void)state;
    cst_policy_judges = true;
    keep(tag_of(OWNER, 5), OTHER);
    cst_policy_judges = false;
    assert_false(allows(OWNER, 5, OTHER, 77));

    keep(tag_of(OWNER, 5), OWNER); /* judged for another than the call site says */
    assert_false(allows(OWNER, 5, OTHER, 77));
    assert_false(allows(OWNER, 5, OWNER, 77));

    is_steady = false;
    keep(tag_of(OWNER, 5), OTHER);
    assert_false(allows(OWNER, 5, OTHER, 77));

    is_steady = true;
    site = 0;
    keep(tag_of(OWNER, 5), OTHER);
    assert_false(allows(OWNER, 5, OTHER, 0));
}

static void blocks_that_libc_or_the_runtime_made_for_themselves_are_not_kept(void **state)
{
    (void)state;
    const uint16_t libc = cst_owner_make(CUSTODY_CONTRACT_LIBC, 3);
    const uint16_t nobody = cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, 0);
    keep(tag_of(libc, 5), OTHER);
    keep(tag_of(nobody, 5), OTHER);
    assert_false(allows(libc, 5, OTHER, 77));
    assert_false(allows(nobody, 5, OTHER, 77));
}

static void nothing_is_settled_after_a_module_went(void **state)
{
    (void)state;
    keep(tag_of(OWNER, 5), OTHER);
    cst_settled_forget();
    assert_false(allows(OWNER, 5, OTHER, 77));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_judged_is_allowed_and_counted, forget),
        cmocka_unit_test_setup(another_case_is_not_settled_with_it, forget),
        cmocka_unit_test_setup(newer_answers_take_the_place_of_older_ones, forget),
        cmocka_unit_test_setup(what_rests_on_more_is_not_kept, forget),
        cmocka_unit_test_setup(blocks_that_libc_or_the_runtime_made_for_themselves_are_not_kept, forget),
        cmocka_unit_test_setup(nothing_is_settled_after_a_module_went, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
