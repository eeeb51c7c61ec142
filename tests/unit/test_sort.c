/* Sorting: any number of elements of any size, in order. */
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct wide {
    char padding[100];
    int number;
};

static bool is_smaller(const void *a, const void *b)
{
    return *(const int *)a < *(const int *)b;
}

static bool is_smaller_inside(const void *a, const void *b)
{
    return ((const struct wide *)a)->number < ((const struct wide *)b)->number;
}

static void numbers_come_in_order_however_many(void **state)
{
    (void)state;
    int numbers[300];
    for (int count = 0; count <= 300; count++) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += numbers[i] = rand() % 50;
        }
        cst_sort(numbers, (size_t)count, sizeof *numbers, is_smaller);
        for (int i = 0; i < count; i++) {
            assert_true(i == 0 || numbers[i - 1] <= numbers[i]);
            sum -= numbers[i];
        }
        assert_int_equal(sum, 0);
    }
}

static void an_element_moves_as_a_whole(void **state)
{
    (void)state;
    struct wide elements[20];
    for (int i = 0; i < 20; i++) {
        elements[i] = (struct wide){.padding = {[0] = (char)(20 - i), [99] = (char)(20 - i)}, .number = 20 - i};
    }
    cst_sort(elements, 20, sizeof *elements, is_smaller_inside);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(elements[i].number, i + 1);
        assert_int_equal(elements[i].padding[0], i + 1);
        assert_int_equal(elements[i].padding[99], i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_order_however_many),
        cmocka_unit_test(an_element_moves_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
