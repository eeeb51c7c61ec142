/* Lets every unit test run a part of itself: with TEST_FILTER set, only tests whose name matches (CMocka's patterns, `*`
 * and `?`) are run. Linked into each test binary; acts before main. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void filter_by_environment(void)
{
    const char *pattern = getenv("TEST_FILTER");

    if (pattern != NULL && *pattern != '\0') {
        cmocka_set_test_filter(pattern);
    }
}
