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
        TEST(without_memory_for_another_stack_it_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
