/* Room on the stack: a function runs where it is called when there is enough, and elsewhere when there is not. */
#include "entry/room.h"

#include "core/thread.h"
#include "plat/own.h"
#include "plat/process.h"
#include "site/stack.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

void *__real_cst_own_map(size_t size);

static bool refused;

void *__wrap_cst_own_map(size_t size)
{
    return refused ? NULL : __real_cst_own_map(size);
}

/* Where a function ran: how far below its caller, if on the same stack. */
static uintptr_t caller, ran;

static bool ran_here(void)
{
    return caller - ran < 4096;
}

/* Uses more than a small signal stack has. */
__attribute__((noinline)) static void note(void *data)
{
    volatile char room[12000];
    memset((char *)room, 1, sizeof room);
    ran = (uintptr_t)__builtin_frame_address(0);
    *(unsigned *)data += (unsigned)room[0];
}

/* What does not: for where there is no other stack. */
static void note_briefly(void *data)
{
    ran = (uintptr_t)__builtin_frame_address(0);
    ++*(unsigned *)data;
}

static unsigned call(void (*function)(void *))
{
    unsigned calls = 0;
    caller = (uintptr_t)__builtin_frame_address(0);
    cst_room_call(function, &calls);
    return calls;
}

static void with_enough_room_it_runs_here(void **state)
{
    (void)state;
    assert_int_equal(call(note), 1);
    assert_true(ran_here());
}

static void on_a_stack_that_is_not_known_it_runs_elsewhere(void **state)
{
    (void)state;
    cst_thread.bounds = (struct cst_stack_bounds){0};
    assert_int_equal(call(note), 1);
    assert_false(ran_here());
}

static void near_the_end_of_its_stack_it_runs_elsewhere(void **state)
{
    (void)state;
    cst_thread.bounds.lo = (uintptr_t)__builtin_frame_address(0) - 8000;
    assert_int_equal(call(note), 1);
    assert_false(ran_here());
}

static unsigned calls_on_signal_stack;

static void on_signal(int number)
{
    (void)number;
    calls_on_signal_stack = call(note);
}

static void on_a_small_signal_stack_it_runs_elsewhere(void **state)
{
    (void)state;
    char *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t own = {.ss_sp = pages + 4096, .ss_size = 2 * 4096}, before;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK}, old;
    mprotect(pages, 4096, PROT_NONE);
    sigaltstack(&own, &before);
    sigaction(SIGUSR1, &action, &old);
    assert_int_equal(raise(SIGUSR1), 0);
    sigaction(SIGUSR1, &old, NULL);
    sigaltstack(&before, NULL);
    munmap(pages, 3 * 4096);
    assert_int_equal(calls_on_signal_stack, 1);
    assert_false(ran_here());
}

/* The stack for signals, as it is where a function runs and afterwards. */
static stack_t meanwhile, afterwards;
static volatile bool came;

static void overwrite(int number)
{
    (void)number;
    volatile char room[1024];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0x55;
    came = true;
}

static void be_interrupted(void *data)
{
    (void)data;
    raise(SIGUSR2);
    sigaltstack(NULL, &meanwhile);
}

static void on_signal_to_be_interrupted(int number)
{
    (void)number;
    volatile char room[64];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (char)i;
    cst_room_call(be_interrupted, NULL);
    for (size_t i = 0; i < sizeof room; i++)
        assert_int_equal(room[i], i);
    sigaltstack(NULL, &afterwards);
}

static void signals_that_come_meanwhile_leave_a_signal_stack_that_was_left_as_it_is(void **state)
{
    (void)state;
    static char pages[8 * 4096];
    stack_t own = {.ss_sp = pages, .ss_size = sizeof pages}, before;
    struct sigaction first = {.sa_handler = on_signal_to_be_interrupted, .sa_flags = SA_ONSTACK};
    struct sigaction second = {.sa_handler = overwrite, .sa_flags = SA_ONSTACK};
    sigaltstack(&own, &before);
    sigaction(SIGUSR1, &first, NULL);
    sigaction(SIGUSR2, &second, NULL);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_true(came);
    assert_true(meanwhile.ss_flags & SS_DISABLE);
    assert_ptr_equal(afterwards.ss_sp, pages);
    assert_int_equal(afterwards.ss_flags, SS_ONSTACK);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    sigaltstack(&before, NULL);
}

static void without_memory_for_another_stack_it_runs_here(void **state)
{
    (void)state;
    cst_thread.bounds = (struct cst_stack_bounds){0};
    refused = true;
    assert_int_equal(call(note_briefly), 1);
    refused = false;
    assert_true(ran_here());
}

static int know_the_stack(void **state)
{
    (void)state;
    cst_thread.bounds = cst_stack_bounds_get();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, know_the_stack)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(with_enough_room_it_runs_here),
        TEST(on_a_stack_that_is_not_known_it_runs_elsewhere),
        TEST(near_the_end_of_its_stack_it_runs_elsewhere),
        TEST(on_a_small_signal_stack_it_runs_elsewhere),
        TEST(signals_that_come_meanwhile_leave_a_signal_stack_that_was_left_as_it_is),
        TEST(without_memory_for_another_stack_it_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
