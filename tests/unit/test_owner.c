/* Owners: what is packed comes out again, for the largest and the smallest. */
#include "core/owner.h"

#include "core/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_contract_and_side_comes_out_as_it_went_in(void **state)
{
    (void)state;
    for (unsigned contract = 0; contract < 1U << CST_OWNER_CONTRACT_BITS; contract++) {
        for (unsigned side = 0; side < CST_SIDE_MAX; side++) {
            uint16_t owner = cst_owner_make((enum custody_contract)contract, (uint16_t)side);
            assert_int_equal(cst_owner_contract(owner), contract);
            assert_int_equal(cst_owner_side(owner), side);
        }
    }
}

static void all_contracts_have_room(void **state)
{
    (void)state;
    assert_true((unsigned)CUSTODY_CONTRACT_COUNT <= 1U << CST_OWNER_CONTRACT_BITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_contract_and_side_comes_out_as_it_went_in),
        cmocka_unit_test(all_contracts_have_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
