/* Frames of stored stacks: what they mean while their module is there, after it went, and after another came to its place. */
#include "site/stack_frame.h"

#include "site/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixtures/plain.h"

static void an_address_is_in_the_module_that_covers_it(void **state)
{
    (void)state;
    uintptr_t here = (uintptr_t)&plain_load + 4;
    struct cst_stack_frame_place place = cst_stack_frame_place(here);
    assert_ptr_equal(place.module, cst_module_get(0));
    assert_int_equal(place.offset, here - place.module->base);
    assert_int_equal(cst_stack_frame_address(here), here);
    assert_false(cst_stack_frame_is_detached(here));
}

static void an_address_in_no_module_is_its_own_offset(void **state)
{
    (void)state;
    struct cst_stack_frame_place place = cst_stack_frame_place(0x1234);
    assert_null(place.module);
    assert_int_equal(place.offset, 0x1234);
}

static void an_address_is_in_the_module_that_was_there_last(void **state)
{
    (void)state;
    void *library;
    uintptr_t address;
    const struct cst_module *module = plain_load(&library, &address);
    dlclose(library);
    (void)cst_module_sweep(NULL);
    assert_ptr_equal(cst_stack_frame_place(address).module, module);
}

static void a_detached_frame_keeps_its_module(void **state)
{
    (void)state;
    void *library;
    uintptr_t address;
    const struct cst_module *module = plain_load(&library, &address);
    uintptr_t frame = cst_stack_frame_detach(address, module);
    dlclose(library);
    (void)cst_module_sweep(NULL);
    assert_true(cst_stack_frame_is_detached(frame));
    assert_ptr_equal(cst_stack_frame_place(frame).module, module);
    assert_int_equal(cst_stack_frame_place(frame).offset, address - module->base);
    assert_int_equal(cst_stack_frame_address(frame), address);
}

/* A call that is the last instruction of its module returns to where the next one may begin. */
static void a_frame_belongs_to_the_call_in_front_of_it(void **state)
{
    (void)state;
    assert_false(cst_stack_frame_is_in(0x1000, 0x1000, 0x2000));
    assert_true(cst_stack_frame_is_in(0x1001, 0x1000, 0x2000));
    assert_true(cst_stack_frame_is_in(0x2000, 0x1000, 0x2000));
    assert_false(cst_stack_frame_is_in(0x2001, 0x1000, 0x2000));
}

static void stored_stacks_are_detached_from_the_module_that_went(void **state)
{
    (void)state;
    void *library;
    uintptr_t address, loaded[CST_STACK_FRAMES_MAX];
    const struct cst_module *module = plain_load(&library, &address);
    const uintptr_t through[] = {address, (uintptr_t)&plain_load + 4}, past_it[] = {(uintptr_t)&plain_load + 4};
    uint32_t stack = cst_stack_store(through, 2), other = cst_stack_store(past_it, 1);
    assert_int_equal(cst_stack_store(through, 2), stack);

    cst_stack_detach(module);
    assert_int_equal(cst_stack_load(stack, loaded), 2);
    assert_int_equal(loaded[0], cst_stack_frame_detach(address, module));
    assert_int_equal(loaded[1], through[1]);
    assert_int_equal(cst_stack_store(past_it, 1), other);

    uint32_t anew = cst_stack_store(through, 2);
    assert_int_not_equal(anew, stack);
    assert_int_equal(cst_stack_load(anew, loaded), 2);
    assert_int_equal(loaded[0], address);

    cst_stack_attach(module);
    assert_int_equal(cst_stack_load(stack, loaded), 2);
    assert_int_equal(loaded[0], address);
    assert_true(cst_stack_store(through, 2) == stack || cst_stack_store(through, 2) == anew);
    dlclose(library);
    (void)cst_module_sweep(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_in_the_module_that_covers_it),
        cmocka_unit_test(an_address_in_no_module_is_its_own_offset),
        cmocka_unit_test(an_address_is_in_the_module_that_was_there_last),
        cmocka_unit_test(a_detached_frame_keeps_its_module),
        cmocka_unit_test(a_frame_belongs_to_the_call_in_front_of_it),
        cmocka_unit_test(stored_stacks_are_detached_from_the_module_that_went),
    };
    return cmocka_run_group_tests_name("stack_frame", tests, plain_begin, fixture_end);
}
