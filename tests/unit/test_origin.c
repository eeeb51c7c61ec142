/* Origins: who makes a call, by what is known beforehand, by the call site, or by whom libc acts for. Call sites are made
 * known here (world.h) instead of being read from code. */
#include "core/origin.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum { AT_PROGRAM = 0x5001, AT_LIBC = 0x5002, AT_RUST = 0x5003, AT_CALLER = 0x5004, AT_NOWHERE = 0x5005 };

#define SITE 77

static uint16_t libc_side;

static struct cst_origin origin_of(enum custody_door door, uint16_t side, uintptr_t return_address)
{
    const struct cst_call call = {.door = door, .side = side, .return_address = return_address};
    return cst_origin_of(&call);
}

static void assert_origin(struct cst_origin origin, uint16_t side, enum custody_contract contract)
{
    assert_int_equal(origin.side, side);
    assert_int_equal(origin.contract, contract);
}

static void the_call_site_says_whose_call_it_is(void **state)
{
    (void)state;
    struct cst_origin origin = origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_PROGRAM);
    assert_origin(origin, program_side, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(origin.stack, SITE);
    assert_true(origin.layout_known);
}

static void a_side_known_beforehand_is_believed(void **state)
{
    (void)state;
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, library_side, AT_PROGRAM), library_side, CUSTODY_CONTRACT_MALLOC);
}

static void a_call_site_that_cannot_be_read_is_of_the_unknown_side(void **state)
{
    (void)state;
    assert_origin(origin_of(CUSTODY_DOOR_NEW, CST_SIDE_UNKNOWN, AT_NOWHERE), CST_SIDE_UNKNOWN, CUSTODY_CONTRACT_NEW);
}

static void rust_seen_through_libc_is_rust_with_an_unknown_layout(void **state)
{
    (void)state;
    struct cst_origin origin = origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_RUST);
    assert_origin(origin, rust_side, CUSTODY_CONTRACT_RUST);
    assert_false(origin.layout_known);
}

static void what_libc_allocates_for_its_caller_is_the_callers(void **state)
{
    (void)state;
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_LIBC), libc_side, CUSTODY_CONTRACT_MALLOC);
    cst_thread.mode = CST_THREAD_BEHALF;
    cst_thread.behalf = (struct cst_behalf){.return_address = AT_CALLER, .door = CUSTODY_DOOR_GETLINE};
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_LIBC), library_side, CUSTODY_CONTRACT_MALLOC);
    cst_thread.behalf.door = CUSTODY_DOOR_FOPEN;
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_LIBC), library_side, CUSTODY_CONTRACT_LIBC);
}

/* scandir calls its caller's filter, which may allocate too. */
static void what_others_allocate_meanwhile_is_their_own(void **state)
{
    (void)state;
    cst_thread.mode = CST_THREAD_BEHALF;
    cst_thread.behalf = (struct cst_behalf){.return_address = AT_CALLER, .door = CUSTODY_DOOR_SCANDIR};
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_PROGRAM), program_side, CUSTODY_CONTRACT_MALLOC);
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_NOWHERE), CST_SIDE_UNKNOWN,
                  CUSTODY_CONTRACT_MALLOC);
    assert_origin(origin_of(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_RUST), rust_side, CUSTODY_CONTRACT_RUST);
}

/* An exception of scandir's filter passes our wrapper. */
static void a_function_that_was_left_by_a_jump_allocates_for_nobody(void **state)
{
    (void)state;
    cst_thread.mode = CST_THREAD_BEHALF;
    cst_thread.behalf = (struct cst_behalf){.return_address = AT_CALLER, .frame = 0x7000, .door = CUSTODY_DOOR_SCANDIR};
    struct cst_call call = {.door = CUSTODY_DOOR_MALLOC, .return_address = AT_LIBC, .frame = 0x6000};
    assert_origin(cst_origin_of(&call), library_side, CUSTODY_CONTRACT_MALLOC);
    call.frame = 0x8000;
    assert_origin(cst_origin_of(&call), libc_side, CUSTODY_CONTRACT_MALLOC);
}

static void stacks_are_as_deep_as_set(void **state)
{
    (void)state;
    uintptr_t frames[CST_STACK_FRAMES_MAX], chain[] = {0, 0, 0, 0};
    /* Two frames in this one's memory: the door's, and its caller's, which returns to here. */
    chain[0] = (uintptr_t)&chain[2];
    chain[3] = (uintptr_t)__builtin_return_address(0);
    const struct cst_call call = {
        .door = CUSTODY_DOOR_MALLOC, .return_address = AT_PROGRAM, .frame = (uintptr_t)&chain[0]};
    cst_thread.stacks = 0;
    assert_int_equal(cst_origin_of(&call).stack, 0);
    cst_thread.stacks = 1;
    assert_int_equal(cst_origin_of(&call).stack, SITE);
    cst_thread.stacks = 2;
    assert_int_equal(cst_stack_load(cst_origin_of(&call).stack, frames), 2);
    assert_int_equal(frames[0], AT_PROGRAM);
    assert_int_equal(frames[1], chain[3]);
}

static void the_quick_way_answers_like_the_long_one_or_not_at_all(void **state)
{
    (void)state;
    uint16_t owner = 0;
    uint32_t site = 0;
    assert_true(cst_origin_quick(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_PROGRAM, &owner, &site));
    assert_int_equal(owner, cst_owner_make(CUSTODY_CONTRACT_MALLOC, program_side));
    assert_int_equal(site, SITE);
    assert_true(cst_origin_quick(CUSTODY_DOOR_MALLOC, library_side, AT_PROGRAM, &owner, &site));
    assert_int_equal(owner, cst_owner_make(CUSTODY_CONTRACT_MALLOC, library_side));
    assert_false(cst_origin_quick(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_RUST, &owner, &site));
    assert_false(cst_origin_quick(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, 0x5999, &owner, &site));
    assert_false(cst_origin_quick(CUSTODY_DOOR_CALLOC, CST_SIDE_UNKNOWN, AT_PROGRAM, &owner, &site));
    assert_int_equal(cst_origin_shallow(site), SITE);
    cst_thread.stacks = 0;
    assert_int_equal(cst_origin_shallow(site), 0);
    assert_false(cst_origin_is_deep());
    cst_thread.mode = CST_THREAD_BEHALF;
    assert_false(cst_origin_quick(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, AT_PROGRAM, &owner, &site));
}

static uint16_t resolve(const struct cst_module *module, enum custody_lang lang, enum custody_contract contract)
{
    const struct cst_caller caller = {.module = module, .lang = lang, .contract = contract};
    return cst_origin_resolver.owner(&caller);
}

static void assert_owner(uint16_t owner, uint16_t side, enum custody_contract contract)
{
    assert_int_equal(cst_owner_side(owner), side);
    assert_int_equal(cst_owner_contract(owner), contract);
}

static void the_resolver_makes_sides_of_modules_and_knows_what_it_does_not_know(void **state)
{
    (void)state;
    const struct cst_callsite_resolver *resolver = &cst_origin_resolver;
    assert_owner(resolve(NULL, CUSTODY_LANG_NONE, CUSTODY_CONTRACT_MALLOC), CST_SIDE_UNKNOWN, CUSTODY_CONTRACT_MALLOC);
    assert_owner(resolve(&program, CUSTODY_LANG_NONE, CUSTODY_CONTRACT_MALLOC), program_side, CUSTODY_CONTRACT_MALLOC);
    assert_owner(resolve(&program, CUSTODY_LANG_C, CUSTODY_CONTRACT_MALLOC), program_side, CUSTODY_CONTRACT_MALLOC);
    assert_owner(resolve(&program, CUSTODY_LANG_RUST, CUSTODY_CONTRACT_RUST), rust_side, CUSTODY_CONTRACT_RUST);
    assert_owner(resolve(&program, CUSTODY_LANG_RUST, CUSTODY_CONTRACT_MALLOC), rust_side, CUSTODY_CONTRACT_MALLOC);
    uint16_t cxx_side = cst_owner_side(resolve(&program, CUSTODY_LANG_NONE, CUSTODY_CONTRACT_NEW));
    assert_int_equal(cst_side_get(cxx_side)->lang, CUSTODY_LANG_CXX);
    assert_owner(resolve(&program, CUSTODY_LANG_CXX, CUSTODY_CONTRACT_MALLOC), cxx_side, CUSTODY_CONTRACT_MALLOC);
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    assert_int_equal(cst_stack_load(resolver->site(0x1234), frames), 1);
    assert_int_equal(frames[0], 0x1234);
}

static int start(void **state)
{
    (void)state;
    if (!world_start()) {
        return -1;
    }
    const struct cst_module *libc = cst_module_find((uintptr_t)&getpid);
    if (!libc || libc->role != CST_ROLE_LIBC) {
        return -1;
    }
    libc_side = cst_side_of_module(libc, CUSTODY_CONTRACT_MALLOC);
    world_know(AT_PROGRAM, CUSTODY_DOOR_MALLOC, CST_HOW_DIRECT, CST_MODULE_NONE, program_side, SITE);
    world_know(AT_LIBC, CUSTODY_DOOR_MALLOC, CST_HOW_DIRECT, libc->id, libc_side, SITE);
    world_know(AT_RUST, CUSTODY_DOOR_MALLOC, CST_HOW_RUST, CST_MODULE_NONE, rust_side, SITE);
    world_know(AT_CALLER, CUSTODY_DOOR_GETLINE, CST_HOW_DIRECT, CST_MODULE_NONE, library_side, SITE);
    world_know(AT_CALLER, CUSTODY_DOOR_SCANDIR, CST_HOW_DIRECT, CST_MODULE_NONE, library_side, SITE);
    world_know(AT_CALLER, CUSTODY_DOOR_FOPEN, CST_HOW_DIRECT, CST_MODULE_NONE, library_side, SITE);
    return 0;
}

static int be_ready(void **state)
{
    (void)state;
    cst_thread.mode = CST_THREAD_READY;
    cst_thread.stacks = 1;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, be_ready)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_call_site_says_whose_call_it_is),
        TEST(a_side_known_beforehand_is_believed),
        TEST(a_call_site_that_cannot_be_read_is_of_the_unknown_side),
        TEST(rust_seen_through_libc_is_rust_with_an_unknown_layout),
        TEST(what_libc_allocates_for_its_caller_is_the_callers),
        TEST(what_others_allocate_meanwhile_is_their_own),
        TEST(a_function_that_was_left_by_a_jump_allocates_for_nobody),
        TEST(stacks_are_as_deep_as_set),
        TEST(the_quick_way_answers_like_the_long_one_or_not_at_all),
        TEST(the_resolver_makes_sides_of_modules_and_knows_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
