/* The table of adopted blocks: what is put in is found, taken once, remembered for a while, and the table does not grow
 * with what was released. */
#include "core/adopted.h"

#include "plat/own.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OWNER ((uint16_t)0x123)

static const struct cst_adopter one = {.module = 1}, other = {.module = 2};

static bool add(uintptr_t address, size_t size, const struct cst_adopter *adopter)
{
    return cst_adopted_add((void *)address, cst_tag_facts(size, 4, OWNER), cst_tag_sites(address, 7, 0), adopter);
}

static bool take(uintptr_t address)
{
    struct cst_adopted adopted;
    return cst_adopted_take(address, 9, &adopted);
}

static enum cst_tag_state state_of(uintptr_t address)
{
    struct cst_adopted adopted;
    return cst_adopted_find(address, &adopted) ? cst_tag_state(&adopted.tag) : CST_STATE_NONE;
}

static int reset(void **state)
{
    (void)state;
    cst_adopted_forget(one.module);
    cst_adopted_forget(other.module);
    return 0;
}

static void a_block_is_known_as_it_was_put_in(void **state)
{
    (void)state;
    struct cst_adopted adopted;
    assert_false(cst_adopted_find(0x5000, &adopted));
    assert_true(add(0x5000, 33, &other));
    assert_true(cst_adopted_find(0x5000, &adopted));
    assert_int_equal(adopted.address, 0x5000);
    assert_ptr_equal(adopted.adopter, &other);
    assert_int_equal(cst_tag_size(&adopted.tag), 33);
    assert_int_equal(cst_tag_alloc_stack(&adopted.tag), 7);
    assert_int_equal(cst_tag_state(&adopted.tag), CST_STATE_LIVE);
    assert_false(cst_adopted_find(0x5008, &adopted));
    assert_false(cst_adopted_find(0, &adopted));
    assert_false(cst_adopted_find(1, &adopted));
}

static void a_block_is_taken_once_and_then_known_as_released(void **state)
{
    (void)state;
    struct cst_adopted adopted;
    assert_true(add(0x5008, 16, &one));
    assert_true(cst_adopted_take(0x5008, 9, &adopted));
    assert_int_equal(cst_tag_state(&adopted.tag), CST_STATE_LIVE);
    assert_false(take(0x5008));
    assert_true(cst_adopted_find(0x5008, &adopted));
    assert_int_equal(cst_tag_state(&adopted.tag), CST_STATE_RELEASED);
    assert_int_equal(cst_tag_release_stack(&adopted.tag), 9);
    assert_true(add(0x5008, 17, &other));
    assert_int_equal(state_of(0x5008), CST_STATE_LIVE);
    assert_int_equal(cst_adopted_count(), 1);
}

static void tens_of_thousands_of_blocks_are_known_at_once(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 100000; i++) {
        assert_true(add(0x7f0000000000 + i * 48, i, &one));
    }
    assert_int_equal(cst_adopted_count(), 100000);
    for (uintptr_t i = 0; i < 100000; i++) {
        struct cst_adopted adopted;
        assert_true(cst_adopted_find(0x7f0000000000 + i * 48, &adopted));
        assert_int_equal(cst_tag_size(&adopted.tag), i);
    }
    for (uintptr_t i = 0; i < 100000; i++) {
        assert_true(take(0x7f0000000000 + i * 48));
    }
    assert_int_equal(cst_adopted_count(), 0);
}

static size_t own_bytes(void)
{
    size_t sum = 0;
    uintptr_t lo, hi;
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++) {
        sum += hi > lo && lo != UINTPTR_MAX ? hi - lo : 0;
    }
    return sum;
}

static void the_table_grows_with_live_blocks_only(void **state)
{
    (void)state;
    size_t first = 0;
    for (uintptr_t i = 0; i < 3000000; i++) {
        assert_true(add(0x600000000000 + i * 16, 16, &one));
        if (i >= 1000) {
            assert_true(take(0x600000000000 + (i - 1000) * 16));
        }
        if (i == 1000000) {
            first = own_bytes();
        }
    }
    assert_true(own_bytes() <= first + first / 4);
    assert_true(own_bytes() < (size_t)8 << 20);
}

static void released_blocks_are_forgotten_oldest_first(void **state)
{
    (void)state;
    enum { BLOCKS = 64 * 64 * 4 };
    for (uintptr_t i = 0; i < BLOCKS; i++) {
        assert_true(add(0x650000000000 + i * 16, 16, &one));
        assert_true(take(0x650000000000 + i * 16));
    }
    assert_int_equal(state_of(0x650000000000), CST_STATE_NONE);
    assert_int_equal(state_of(0x650000000000 + (BLOCKS - 1) * 16), CST_STATE_RELEASED);
}

static void a_block_made_again_is_not_forgotten_for_its_past(void **state)
{
    (void)state;
    assert_true(add(0x660000000000, 16, &one));
    assert_true(take(0x660000000000));
    assert_true(add(0x660000000000, 16, &one));
    for (uintptr_t i = 1; i < 64 * 64 * 4; i++) {
        assert_true(add(0x660000000000 + i * 16, 16, &one));
        assert_true(take(0x660000000000 + i * 16));
    }
    assert_int_equal(state_of(0x660000000000), CST_STATE_LIVE);
}

static void blocks_of_a_module_that_goes_are_forgotten(void **state)
{
    (void)state;
    assert_true(add(0x7000, 16, &one) && add(0x8000, 16, &other) && add(0x9000, 16, &one) && take(0x9000));
    assert_int_equal(cst_adopted_forget(one.module), 1);
    assert_int_equal(state_of(0x7000), CST_STATE_NONE);
    assert_int_equal(state_of(0x8000), CST_STATE_LIVE);
    assert_int_equal(state_of(0x9000), CST_STATE_NONE);
    assert_int_equal(cst_adopted_count(), 1);
}

#define THREADS 4
#define OF_EACH ((uintptr_t)20000)

static atomic_size_t won;

static void *make_and_race(void *argument)
{
    uintptr_t base = 0x670000000000 + (uintptr_t)argument * OF_EACH * 16;
    for (uintptr_t i = 0; i < OF_EACH; i++) {
        assert_true(add(base + i * 16, 16, &one));
        atomic_fetch_add(&won, take(0x680000000000 + i * 16)); /* all threads want these */
    }
    for (uintptr_t i = 0; i < OF_EACH; i++) {
        assert_true(take(base + i * 16));
    }
    return NULL;
}

static void of_threads_that_release_a_block_one_gets_it(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < OF_EACH; i++) {
        assert_true(add(0x680000000000 + i * 16, 16, &one));
    }
    atomic_store(&won, 0);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_and_race, (void *)i), 0);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(won, OF_EACH);
    assert_int_equal(cst_adopted_count(), 0);
}

static void *churn(void *done)
{
    for (uintptr_t i = 0; !atomic_load((atomic_bool *)done); i++) {
        (void)add(0x690000000000 + i % 50000 * 16, 16, &one);
        (void)take(0x690000000000 + (i + 25000) % 50000 * 16);
    }
    return NULL;
}

/* Whatever the other thread was at when it forked, the child goes on. */
static void a_child_goes_on_with_the_table_as_it_was(void **state)
{
    (void)state;
    atomic_bool done = false;
    pthread_t thread;
    assert_true(add(0xa000, 99, &other));
    assert_int_equal(pthread_create(&thread, NULL, churn, &done), 0);
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            cst_adopted_after_fork();
            bool right = state_of(0xa000) == CST_STATE_LIVE && add(0xb000, 5, &other) && take(0xb000) && take(0xa000);
            _exit(right ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&done, true);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_block_is_known_as_it_was_put_in, reset),
        cmocka_unit_test_setup(a_block_is_taken_once_and_then_known_as_released, reset),
        cmocka_unit_test_setup(tens_of_thousands_of_blocks_are_known_at_once, reset),
        cmocka_unit_test_setup(the_table_grows_with_live_blocks_only, reset),
        cmocka_unit_test_setup(released_blocks_are_forgotten_oldest_first, reset),
        cmocka_unit_test_setup(a_block_made_again_is_not_forgotten_for_its_past, reset),
        cmocka_unit_test_setup(blocks_of_a_module_that_goes_are_forgotten, reset),
        cmocka_unit_test_setup(of_threads_that_release_a_block_one_gets_it, reset),
        cmocka_unit_test_setup(a_child_goes_on_with_the_table_as_it_was, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
