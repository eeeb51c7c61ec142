/* What a thread holds: signals that come meanwhile, jumps out of it, and the end of the thread there. The runtime is up. */
#include "core/held.h"

#include "base/boot.h"
#include "base/lock.h"
#include "child.h"
#include "core/heap.h"
#include "core/tag.h"
#include "core/watch.h"
#include "entry/hook.h"
#include "entry/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIDE 901

static struct cst_lock lock = CST_LOCK_INIT, other = CST_LOCK_INIT;
static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;

CST_NOINLINE static void *alloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, SIDE, size, CST_BLOCK_ALIGN, false);
}

CST_NOINLINE static void drop(void *block)
{
    cst_hook_release(CUSTODY_DOOR_FREE, SIDE, block, (struct cst_given){.has_size = false});
}

static void take_heap_lock(void)
{
    cst_held_heap_coming(&heap_lock);
    pthread_mutex_lock(&heap_lock);
}

static void give_heap_lock(void)
{
    pthread_mutex_unlock(&heap_lock);
    cst_held_heap_gone(&heap_lock);
}

static void who_holds_a_lock_is_inside_until_the_last(void **state)
{
    (void)state;
    cst_lock_acquire(&lock);
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    cst_lock_acquire(&other);
    cst_lock_release(&lock);
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    cst_lock_release(&other);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    uint8_t mode = cst_thread_guard();
    cst_lock_acquire(&lock);
    cst_lock_release(&lock);
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    cst_thread_unguard(mode);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
}

/* ---- handlers ---- */

static void *made, *given;

static void allocate(int number)
{
    (void)number;
    if (given)
        drop(given);
    made = alloc(100);
    drop(alloc(200));
}

static void interrupt(void *block)
{
    given = block;
    made = NULL;
    signal(SIGUSR1, allocate);
    raise(SIGUSR1);
}

static void a_handler_that_comes_while_a_lock_is_held_is_served_and_not_counted(void **state)
{
    (void)state;
    void *before = alloc(10);
    cst_lock_acquire(&lock);
    interrupt(before);
    cst_lock_release(&lock);
    assert_true(cst_heap_has((uintptr_t)made));
    assert_int_equal(cst_tag_contract(cst_tag_of((uintptr_t)made)), CUSTODY_CONTRACT_UNKNOWN);
    drop(made);
}

static void while_the_heap_is_at_work_a_handler_does_not_call_it(void **state)
{
    (void)state;
    void *before = alloc(10);
    take_heap_lock();
    interrupt(before);
    give_heap_lock();
    assert_true(cst_boot_owns(made));
    assert_int_equal(cst_tag_state(cst_tag_of((uintptr_t)before)), CST_STATE_RELEASED);
    assert_ptr_equal(cst_held_take(), before);
    assert_null(cst_held_take());
    cst_heap_release_plain(before, 16);
    drop(made);
}

static void blocks_that_waited_are_released_by_the_next_who_may(void **state)
{
    (void)state;
    void *first = alloc(10), *second = alloc(3000);
    take_heap_lock();
    interrupt(first);
    interrupt(second);
    give_heap_lock();
    uint8_t mode = cst_thread_guard();
    drop(alloc(10));
    cst_thread_unguard(mode);
    assert_null(cst_held_take());
}

static void allocate_in_pairs(int number)
{
    (void)number;
    void *one = alloc(1000), *two = alloc(2000);
    memset(one, 1, 1000);
    memset(two, 2, 2000);
    drop(two);
    drop(one);
    made = alloc(900);
    drop(made);
}

static void a_handlers_pairs_use_up_no_memory(void **state)
{
    (void)state;
    signal(SIGUSR1, allocate_in_pairs);
    take_heap_lock();
    for (int i = 0; i < 1000; i++)
        raise(SIGUSR1);
    give_heap_lock();
    assert_true(cst_boot_owns(made));
    for (size_t i = 0; i < 900; i++)
        assert_int_equal(((const unsigned char *)made)[i], 0);
}

/* ---- handlers after every instruction ---- */

#define TRAP_FLAG UINT64_C(0x100)
/* Each instruction takes a signal. */
#define STRIDE 13

static size_t steps;

CST_INLINE void step(bool on)
{
    uint64_t flags = __builtin_ia32_readeflags_u64();
    __builtin_ia32_writeeflags_u64(on ? flags | TRAP_FLAG : flags & ~TRAP_FLAG);
}

static void hold_meanwhile(int number)
{
    (void)number;
    cst_lock_acquire(&other);
    cst_lock_release(&other);
    steps++;
}

static void handlers_may_come_in_anywhere_while_a_lock_is_taken_or_given_back(void **state)
{
    (void)state;
    signal(SIGTRAP, hold_meanwhile);
    step(true);
    cst_lock_acquire(&lock);
    step(false);
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    assert_int_equal(cst_thread.held.count, 1);
    assert_int_equal(cst_thread.held.list[0], (uintptr_t)&lock);
    step(true);
    cst_lock_release(&lock);
    step(false);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    assert_int_equal(cst_thread.held.count, 0);
    assert_int_equal(lock.owner, 0);
}

static bool ask(const struct cst_watched *what)
{
    (void)what;
    return true;
}

static const struct cst_watcher watcher = {.id = CST_WATCHER_LEASE, .ask = ask};

static size_t due;
static void *watched;

static void drop_watched(int number)
{
    (void)number;
    if (steps++ == due)
        drop(watched);
}

/* One block becomes watched, and the only other one that is watched is released after so many instructions. False when there are
 * not so many. */
static bool watch_and_drop_another_after(size_t instructions)
{
    void *kept = alloc(10);
    watched = alloc(10);
    assert_true(cst_watch_set(&watcher, (uintptr_t)watched));
    due = instructions;
    steps = 0;
    step(true);
    bool done = cst_watch_set(&watcher, (uintptr_t)kept);
    step(false);
    bool dropped = steps > due;
    assert_true(done && cst_watch_is_by(watcher.id, (uintptr_t)kept));
    assert_int_equal(cst_tag_state(cst_tag_of((uintptr_t)watched)), dropped ? CST_STATE_RELEASED : CST_STATE_LIVE);
    cst_watch_clear(&watcher, (uintptr_t)watched);
    cst_watch_clear(&watcher, (uintptr_t)kept);
    assert_int_equal(cst_watch_count, 0);
    drop(kept);
    if (!dropped)
        drop(watched);
    return dropped;
}

static void handlers_may_release_watched_blocks_while_others_become_watched(void **state)
{
    (void)state;
    signal(SIGTRAP, drop_watched);
    for (size_t instructions = 0; watch_and_drop_another_after(instructions); instructions += STRIDE)
        ;
}

/* ---- jumps ---- */

static sigjmp_buf back;

static void leave(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

CST_NOINLINE static void hold_and_be_interrupted(void)
{
    struct cst_lock first = CST_LOCK_INIT;
    cst_lock_acquire(&first);
    cst_lock_acquire(&lock);
    cst_lock_acquire(&other);
    take_heap_lock();
    cst_lock_release(&first);
    raise(SIGUSR1);
}

CST_NOINLINE static void guard_and_be_interrupted(void)
{
    (void)!cst_thread_guard();
    raise(SIGUSR1);
}

static void what_a_jump_out_of_a_handler_left_behind_is_free_again(void **state)
{
    (void)state;
    signal(SIGUSR1, leave);
    if (sigsetjmp(back, 1) == 0)
        hold_and_be_interrupted();
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    drop(alloc(10));
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    assert_int_equal(cst_thread.held.count, 0);
    assert_false(cst_lock_is_mine(&lock) || cst_lock_is_mine(&other));
    assert_int_equal(pthread_mutex_trylock(&heap_lock), 0);
    pthread_mutex_unlock(&heap_lock);
    if (sigsetjmp(back, 1) == 0)
        guard_and_be_interrupted();
    drop(alloc(10));
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
}

static void *jump_while_fresh(void *unused)
{
    cst_thread.bounds = cst_stack_bounds_get();
    if (sigsetjmp(back, 1) == 0)
        guard_and_be_interrupted();
    drop(alloc(10));
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
    assert_non_null(cst_thread.counts);
    return unused;
}

static void a_thread_that_jumped_before_it_was_ready_is_made_ready(void **state)
{
    (void)state;
    pthread_t thread;
    signal(SIGUSR1, leave);
    assert_int_equal(pthread_create(&thread, NULL, jump_while_fresh, NULL), 0);
    pthread_join(thread, NULL);
}

/* The handler's stack lies in a frame above the one that holds the lock. */
static void a_handler_on_a_stack_of_its_own_has_not_jumped(void **state)
{
    (void)state;
    char stack[32768];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack}, none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = allocate, .sa_flags = SA_ONSTACK};
    given = NULL;
    sigaltstack(&own, NULL);
    sigaction(SIGUSR1, &action, NULL);
    cst_lock_acquire(&lock);
    raise(SIGUSR1);
    assert_true(cst_lock_is_mine(&lock));
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    cst_lock_release(&lock);
    sigaltstack(&none, NULL);
    drop(made);
}

/* ---- ends ---- */

static void *end_inside(void *unused)
{
    drop(alloc(10));
    cst_lock_acquire(&lock);
    pthread_exit(unused);
}

static void what_a_thread_held_that_ended_is_free_again(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, end_inside, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(lock.owner, 0);
}

static void be_child(void)
{
    require(cst_thread.mode == CST_THREAD_READY && cst_thread.held.count == 0);
    drop(alloc(10));
}

/* As around every fork, when the heap takes its locks; the child makes them anew. */
static void a_child_holds_nothing(void **state)
{
    (void)state;
    take_heap_lock();
    int result = in_a_child(be_child);
    give_heap_lock();
    assert_int_equal(result, 0);
    assert_int_equal(cst_thread.mode, CST_THREAD_READY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_holds_a_lock_is_inside_until_the_last),
        cmocka_unit_test(a_handler_that_comes_while_a_lock_is_held_is_served_and_not_counted),
        cmocka_unit_test(while_the_heap_is_at_work_a_handler_does_not_call_it),
        cmocka_unit_test(blocks_that_waited_are_released_by_the_next_who_may),
        cmocka_unit_test(a_handlers_pairs_use_up_no_memory),
        cmocka_unit_test(handlers_may_come_in_anywhere_while_a_lock_is_taken_or_given_back),
        cmocka_unit_test(handlers_may_release_watched_blocks_while_others_become_watched),
        cmocka_unit_test(what_a_jump_out_of_a_handler_left_behind_is_free_again),
        cmocka_unit_test(a_thread_that_jumped_before_it_was_ready_is_made_ready),
        cmocka_unit_test(a_handler_on_a_stack_of_its_own_has_not_jumped),
        cmocka_unit_test(what_a_thread_held_that_ended_is_free_again),
        cmocka_unit_test(a_child_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
