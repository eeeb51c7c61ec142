/* The table of rules: it answers what the tables of the modules say, for more addresses than it has room for, for several
 * threads at a time, and after it was told to forget. */
#include "site/frame_table.h"

#include "site/callsite_image.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ADDRESSES ((size_t)300000)
#define THREADS 4

/* Code of the C library, of which there is more than the table holds. */
static struct cst_range code;

static int find_code(void **state)
{
    (void)state;
    struct cst_image image;
    uintptr_t address = (uintptr_t)dlsym(RTLD_DEFAULT, "qsort");
    return address && cst_image_at(address, &image) && cst_image_segment(&image, address, PF_X, &code) ? 0 : -1;
}

static uintptr_t address_at(size_t i)
{
    return code.lo + 1 + i * 7 % (code.hi - code.lo - 1);
}

static size_t rows_used(void)
{
    size_t used = 0;
    for (size_t way = 0; way < CST_FRAME_WAYS; way++) {
        for (size_t set = 0; set < CST_FRAME_SETS; set++) {
            used += cst_frame_table[way][set] != 0;
        }
    }
    return used;
}

static void an_address_is_worked_out_once(void **state)
{
    (void)state;
    cst_frame_forget(0, UINTPTR_MAX);
    assert_int_equal(rows_used(), 0);
    uint32_t rule = cst_frame_rule(address_at(0));
    assert_int_equal(rule, cst_frame_rule_make(address_at(0)));
    assert_int_equal(rows_used(), 1);
    assert_int_equal(cst_frame_rule(address_at(0)), rule);
    assert_int_equal(rows_used(), 1);
}

static void addresses_outside_of_modules_take_no_room(void **state)
{
    (void)state;
    cst_frame_forget(0, UINTPTR_MAX);
    for (uintptr_t address = 1; address < 1000; address++) {
        assert_int_equal(cst_frame_rule(address), CST_FRAME_OUTSIDE);
        assert_int_equal(cst_frame_rule((uintptr_t)&state + address), CST_FRAME_OUTSIDE);
    }
    assert_int_equal(rows_used(), 0);
}

static void the_table_is_right_when_it_is_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < ADDRESSES; i++) {
        assert_int_not_equal(cst_frame_rule(address_at(i)), CST_FRAME_OUTSIDE);
    }
    assert_true(rows_used() > ADDRESSES / 3);
    for (size_t i = 0; i < ADDRESSES; i += 3) {
        assert_int_equal(cst_frame_rule(address_at(i)), cst_frame_rule_make(address_at(i)));
    }
}

static void a_module_that_went_is_forgotten_and_no_other(void **state)
{
    (void)state;
    cst_frame_forget(0, UINTPTR_MAX);
    for (size_t i = 0; i < 1000; i++) {
        (void)cst_frame_rule(address_at(i));
    }
    assert_int_equal(rows_used(), 1000);
    cst_frame_forget(address_at(10), address_at(20));
    assert_int_equal(rows_used(), 990);
    cst_frame_forget(0, code.lo);
    cst_frame_forget(code.hi, UINTPTR_MAX);
    assert_int_equal(rows_used(), 990);
    cst_frame_forget(code.lo, code.hi);
    assert_int_equal(rows_used(), 0);
}

static void *look_up(void *wrong)
{
    for (size_t i = 0; i < ADDRESSES; i++) {
        uint32_t rule = cst_frame_rule(address_at(i));
        if (i % 16 == 0 && rule != cst_frame_rule_make(address_at(i))) {
            *(bool *)wrong = true;
        }
    }
    return NULL;
}

static void threads_never_see_half_a_row(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    bool wrong[THREADS] = {false};
    cst_frame_forget(0, UINTPTR_MAX);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, &wrong[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_worked_out_once),
        cmocka_unit_test(addresses_outside_of_modules_take_no_room),
        cmocka_unit_test(the_table_is_right_when_it_is_full),
        cmocka_unit_test(a_module_that_went_is_forgotten_and_no_other),
        cmocka_unit_test(threads_never_see_half_a_row),
    };
    return cmocka_run_group_tests(tests, find_code, NULL);
}
