/* The standstill of a fork: a thread is stopped in the middle of handing a block on, and another forks. The child finds the
 * block handed on, or not, but not half. Time goes only when a test says so. */
#include "core/standstill.h"

#include "child.h"
#include "core/engine.h"
#include "core/findings.h"
#include "core/thread.h"
#include "custody/custody.h"
#include "plat/process.h"
#include "plat/sys.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ownership.h"

static custody_side giver, receiver;
static atomic_bool stops, may_go; /* whoever hands on */
static sem_t is_stopped;
static atomic_bool goes_when_awaited; /* as soon as somebody waits for another thread */
static atomic_bool time_flies;
static _Atomic uint64_t now;

void __real_cst_engine_hand_on(struct cst_tag *tag, uint16_t owner);
void __real_cst_process_yield(void);

void __wrap_cst_engine_hand_on(struct cst_tag *tag, uint16_t owner)
{
    if (atomic_exchange(&stops, false)) {
        sem_post(&is_stopped);
        while (!atomic_load(&may_go)) {
            __real_cst_process_yield();
        }
    }
    __real_cst_engine_hand_on(tag, owner);
}

void __wrap_cst_process_yield(void)
{
    if (atomic_load(&goes_when_awaited)) {
        atomic_store(&may_go, true);
    }
    __real_cst_process_yield();
}

uint64_t __wrap_cst_sys_monotonic_ns(void)
{
    return atomic_load(&time_flies) ? atomic_fetch_add(&now, UINT64_C(100000000)) : atomic_load(&now);
}

static void *block;

static void *hand_on(void *unused)
{
    (void)custody_transfer(block, giver, receiver, CUSTODY_CONTRACT_CUSTODY);
    return unused;
}

/* Another thread has come half-way. */
static pthread_t stop_half_way(void)
{
    pthread_t thread;
    block = custody_alloc(giver, 100, 0);
    stops = true;
    may_go = false;
    assert_int_equal(pthread_create(&thread, NULL, hand_on, NULL), 0);
    sem_wait(&is_stopped);
    return thread;
}

static void go_on(pthread_t thread)
{
    atomic_store(&may_go, true);
    pthread_join(thread, NULL);
    custody_release(receiver, block);
    goes_when_awaited = time_flies = false;
}

static void release_as_receiver(void)
{
    (void)alarm(60);
    listen();
    custody_release(receiver, block);
    require(last.count == 0);
}

static void a_child_finds_what_others_did_done(void **state)
{
    (void)state;
    pthread_t thread = stop_half_way();
    goes_when_awaited = true;
    int result = in_a_child(release_as_receiver);
    go_on(thread);
    assert_int_equal(result, 0);
}

static void use_the_runtime(void)
{
    (void)alarm(60);
    custody_release(giver, custody_alloc(giver, 50, 0));
}

/* Each time, though for less long: he may be gone. */
static void who_is_long_at_it_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    pthread_t thread = stop_half_way();
    time_flies = true;
    uint64_t began = now;
    assert_int_equal(in_a_child(use_the_runtime), 0);
    uint64_t middle = now;
    assert_int_equal(in_a_child(use_the_runtime), 0);
    assert_true(middle - began >= UINT64_C(1000000000) && now - middle < middle - began);
    go_on(thread);
}

static sem_t is_used;

static void *use_and_say(void *unused)
{
    use_the_runtime();
    sem_post(&is_used);
    return unused;
}

static void who_comes_meanwhile_waits(void **state)
{
    (void)state;
    pthread_t thread;
    use_the_runtime();
    cst_standstill_begin();
    assert_int_equal(pthread_create(&thread, NULL, use_and_say, NULL), 0);
    for (int i = 0; i < 100; i++) {
        __real_cst_process_yield();
        assert_int_not_equal(sem_trywait(&is_used), 0);
    }
    use_the_runtime(); /* the one that forks does not */
    cst_standstill_end();
    pthread_join(thread, NULL);
    assert_int_equal(sem_trywait(&is_used), 0);
}

static void but_not_for_ever(void **state)
{
    (void)state;
    pthread_t thread;
    cst_standstill_begin();
    time_flies = true;
    assert_int_equal(pthread_create(&thread, NULL, use_and_say, NULL), 0);
    sem_wait(&is_used);
    cst_standstill_end();
    pthread_join(thread, NULL);
    time_flies = false;
}

static void fork_and_use(void)
{
    (void)alarm(60);
    require(in_a_child(use_the_runtime) == 0);
    use_the_runtime();
}

/* Time stands still: who waited for himself would wait for ever. */
static void who_forks_in_the_middle_of_a_change_does_not_wait_for_himself(void **state)
{
    (void)state;
    use_the_runtime();
    uint8_t mode = cst_thread_guard();
    (void)alarm(60);
    int result = in_a_child(fork_and_use), again = in_a_child(use_the_runtime);
    (void)alarm(0);
    cst_thread_unguard(mode);
    assert_int_equal(result, 0);
    assert_int_equal(again, 0);
    assert_int_equal(in_a_child(fork_and_use), 0);
}

static int start(void **state)
{
    (void)state;
    sem_init(&is_stopped, 0, 0);
    sem_init(&is_used, 0, 0);
    return custody_side_register("giver", CUSTODY_LANG_C, &giver) != CUSTODY_STATUS_OK ||
           custody_side_register("receiver", CUSTODY_LANG_C, &receiver) != CUSTODY_STATUS_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_finds_what_others_did_done),
        cmocka_unit_test(who_is_long_at_it_is_not_waited_for_for_ever),
        cmocka_unit_test(who_comes_meanwhile_waits),
        cmocka_unit_test(but_not_for_ever),
        cmocka_unit_test(who_forks_in_the_middle_of_a_change_does_not_wait_for_himself),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
