/* Threads: set up at their first call, guarded against themselves, and served to their very end. The runtime is up before
 * main, as in an audited process. */
#include "entry/thread.h"

#include "child.h"
#include "core/count.h"
#include "entry/hook.h"
#include "entry/start.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIDE 900 /* no other test of this program counts for it */

static const struct cst_given nothing;

CST_NOINLINE static void *alloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, SIDE, size, CST_BLOCK_ALIGN, false);
}

CST_NOINLINE static void drop(void *block)
{
    cst_hook_release(CUSTODY_DOOR_FREE, SIDE, block, nothing);
}

static bool holds_own_stack(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return here >= cst_thread.bounds.lo && here < cst_thread.bounds.hi;
}

static void the_first_thread_is_ready_before_main(void **state)
{
    (void)state;
    assert_true(cst_start_is_up());
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    assert_non_null(cst_thread.counts);
    assert_int_equal(cst_thread.stacks, 16);
    assert_int_equal(cst_thread.generation, 0);
    assert_true(holds_own_stack());
}

static void *look_at_new_thread(void *parents_counts)
{
    bool good = cst_thread.mode == CST_THREAD_FRESH && cst_thread.counts == NULL;
    drop(alloc(10));
    good = good && cst_thread.mode == CST_THREAD_READY && holds_own_stack() && cst_thread.stacks == 16;
    return good && cst_thread.counts != parents_counts ? NULL : &look_at_new_thread;
}

static void another_thread_is_set_up_by_its_first_call(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, look_at_new_thread, cst_thread.counts), 0);
    pthread_join(thread, &result);
    assert_null(result);
}

static void under_the_guard_a_thread_does_not_enter(void **state)
{
    (void)state;
    uint8_t outer = cst_thread_guard();
    assert_int_equal(outer, CST_THREAD_READY);
    assert_false(cst_thread_enter());
    uint8_t inner = cst_thread_guard();
    assert_int_equal(inner, CST_THREAD_INSIDE);
    cst_thread_unguard(inner);
    assert_false(cst_thread_enter());
    cst_thread_unguard(outer);
    assert_true(cst_thread_enter());
    cst_thread.mode = CST_THREAD_BEHALF;
    assert_true(cst_thread_enter());
    assert_int_equal(cst_thread.mode, CST_THREAD_BEHALF);
    cst_thread.mode = CST_THREAD_READY;
}

/* What a dying thread does in each round of destructors: a block made, another given back. */
static pthread_key_t last_words;
static unsigned rounds;
static bool was_ended;

static void speak(void *block)
{
    rounds++;
    was_ended = cst_thread.counts == cst_count_acquire(true);
    drop(block);
    if (rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(last_words, alloc(100));
    }
}

static void *live_and_die(void *unused)
{
    rounds = 0;
    pthread_setspecific(last_words, alloc(100));
    (void)!alloc(50);
    return unused;
}

static void what_a_thread_does_at_its_end_is_counted_to_the_last(void **state)
{
    (void)state;
    /* Made after the runtime's own key: in each round this destructor comes after the runtime's. */
    assert_int_equal(pthread_key_create(&last_words, speak), 0);
    struct cst_count_total before = cst_count_sum(SIDE);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, live_and_die, NULL), 0);
        pthread_join(thread, NULL);
        assert_int_equal(rounds, PTHREAD_DESTRUCTOR_ITERATIONS);
        assert_true(was_ended);
    }
    struct cst_count_total after = cst_count_sum(SIDE);
    assert_int_equal(after.allocs - before.allocs, 3 * (PTHREAD_DESTRUCTOR_ITERATIONS + 1));
    assert_int_equal(after.frees - before.frees, 3 * PTHREAD_DESTRUCTOR_ITERATIONS);
    assert_int_equal(after.live_bytes - before.live_bytes, 3 * 50);
    pthread_key_delete(last_words);
}

static struct cst_count *counts_of_thread;

static void *note_counts(void *unused)
{
    drop(alloc(1));
    counts_of_thread = cst_thread.counts;
    return unused;
}

static void counters_of_an_ended_thread_serve_the_next(void **state)
{
    (void)state;
    struct cst_count *first = NULL;
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, note_counts, NULL), 0);
        pthread_join(thread, NULL);
        first = i == 0 ? counts_of_thread : first;
        assert_ptr_equal(counts_of_thread, first);
    }
}

static void *note_generation(void *generation)
{
    drop(alloc(1));
    *(uint8_t *)generation = cst_thread.generation;
    return NULL;
}

static void be_grandchild(void)
{
    require(cst_thread.generation == 2 && cst_start_generation() == 2);
}

static void be_child(void)
{
    uint8_t generation = 0;
    pthread_t thread;
    require(cst_thread.generation == 1 && cst_thread.mode == CST_THREAD_READY);
    require(pthread_create(&thread, NULL, note_generation, &generation) == 0 && pthread_join(thread, NULL) == 0);
    require(generation == 1);
    require(in_a_child(be_grandchild) == 0);
    void *block = alloc(10);
    require(cst_tag_generation(cst_tag_of((uintptr_t)block)) == 1);
    drop(block);
}

static void each_fork_is_a_generation(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(be_child), 0);
    assert_int_equal(cst_thread.generation, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_thread_is_ready_before_main),
        cmocka_unit_test(another_thread_is_set_up_by_its_first_call),
        cmocka_unit_test(under_the_guard_a_thread_does_not_enter),
        cmocka_unit_test(what_a_thread_does_at_its_end_is_counted_to_the_last),
        cmocka_unit_test(counters_of_an_ended_thread_serve_the_next),
        cmocka_unit_test(each_fork_is_a_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
