/* Departures: a module whose record the dynamic linker gives back is gone, and what is known of its code with it. */
#include "core/departure.h"

#include "site/callsite.h"
#include "site/stack.h"
#include "site/stack_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures/plain.h"

static unsigned asked;

static uint16_t owner_of(const struct cst_caller *caller)
{
    (void)caller;
    asked++;
    return 7;
}

static uint32_t site_of(uintptr_t return_address)
{
    (void)return_address;
    return 9;
}

static int begin(void **state)
{
    static const uintptr_t doors[CUSTODY_DOOR_COUNT];
    static const struct cst_callsite_resolver resolver = {.owner = owner_of, .site = site_of};
    cst_callsite_setup(doors, &resolver);
    return plain_begin(state);
}

static void a_module_goes_with_its_record_and_its_call_sites_are_forgotten(void **state)
{
    (void)state;
    void *library;
    uintptr_t address;
    const struct cst_module *module = plain_load(&library, &address);
    cst_departure_watch(module); /* its record is no block of ours: nothing to watch */
    (void)cst_callsite_get(address, CUSTODY_DOOR_FREE);
    unsigned before = asked;
    (void)cst_callsite_get(address, CUSTODY_DOOR_FREE);
    assert_int_equal(asked, before);
    const void *record = cst_module_loader_record(module);
    cst_departure_note((uintptr_t)&before);
    assert_false(module->unloaded);
    dlclose(library);
    cst_departure_note((uintptr_t)record);
    assert_true(module->unloaded);
    (void)cst_callsite_get(address, CUSTODY_DOOR_FREE);
    assert_true(asked > before);
}

static void what_went_unnoticed_is_found_by_looking(void **state)
{
    (void)state;
    void *library;
    uintptr_t address;
    const struct cst_module *module = plain_load(&library, &address);
    cst_departure_sweep();
    assert_false(module->unloaded);
    dlclose(library);
    cst_departure_sweep();
    assert_true(module->unloaded);
}

static void stacks_of_a_displaced_module_name_it(void **state)
{
    (void)state;
    void *library;
    uintptr_t address, frames[CST_STACK_FRAMES_MAX];
    const struct cst_module *module = plain_load(&library, &address);
    uint32_t stack = cst_stack_store(&address, 1);
    dlclose(library);
    cst_departure_sweep();
    cst_departure_displaced(module);
    assert_int_equal(cst_stack_load(stack, frames), 1);
    assert_true(cst_stack_frame_is_of(frames[0], module));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_goes_with_its_record_and_its_call_sites_are_forgotten),
        cmocka_unit_test(what_went_unnoticed_is_found_by_looking),
        cmocka_unit_test(stacks_of_a_displaced_module_name_it),
    };
    return cmocka_run_group_tests_name("departure", tests, begin, fixture_end);
}
