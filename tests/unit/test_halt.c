/* Halting threads: whatever the others are doing, they stop, what their registers hold is known, and they go on as if
 * nothing had been; those that cannot be stopped are counted. Between begin and end a test does nothing that could need a
 * lock: it looks, and asserts afterwards. */
#include "plat/halt.h"

#include "child.h"
#include "plat/sys.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SIGSETXID 33
#define MARK UINT64_C(0x5afe5afe12345678)

static atomic_bool over;
static _Atomic uint64_t steps;
static atomic_uint ready;

static void *be_busy(void *unused)
{
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        atomic_fetch_add(&steps, 1);
    }
    return unused;
}

static void start_threads(pthread_t *threads, size_t count, void *(*body)(void *), void *data)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    atomic_store(&over, false);
    atomic_store(&ready, 0);
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&threads[i], &attributes, body, data) != 0) {
            abort();
        }
    }
    pthread_attr_destroy(&attributes);
    while (atomic_load(&ready) < count) {
        (void)sched_yield();
    }
}

static void end_threads(const pthread_t *threads, size_t count)
{
    atomic_store(&over, true);
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* What a halt came to. */
struct outcome {
    bool begun, listed, still; /* still: nobody took a step meanwhile */
    size_t count, stopped, missed;
};

static bool nobody_moves(void)
{
    uint64_t before = atomic_load(&steps);
    for (int i = 0; i < 50; i++) {
        syscall(SYS_sched_yield);
    }
    return atomic_load(&steps) == before;
}

static struct outcome halt_once(void)
{
    struct cst_halt halt;
    struct outcome outcome = {.begun = cst_halt_begin(&halt)};
    if (!outcome.begun) {
        return outcome;
    }
    outcome.listed = halt.listed;
    outcome.count = halt.count;
    outcome.missed = halt.missed;
    for (size_t i = 0; i < halt.count; i++) {
        outcome.stopped += atomic_load(&halt.threads[i].state) == CST_HALT_STOPPED;
    }
    outcome.still = nobody_moves();
    cst_halt_end(&halt);
    return outcome;
}

static void assert_all_stopped(const struct outcome *outcome, size_t count)
{
    assert_true(outcome->begun && outcome->listed && outcome->still);
    assert_int_equal(outcome->missed, 0);
    assert_int_equal(outcome->stopped, count);
}

static void a_process_of_one_thread_has_nobody_to_halt(void **state)
{
    (void)state;
    struct outcome outcome = halt_once();
    assert_all_stopped(&outcome, 0);
    assert_int_equal(outcome.count, 0);
}

static void busy_threads_stop_and_go_on_time_and_again(void **state)
{
    (void)state;
    pthread_t threads[3];
    start_threads(threads, 3, be_busy, NULL);
    for (int i = 0; i < 50; i++) {
        struct outcome outcome = halt_once();
        assert_all_stopped(&outcome, 3);
        uint64_t before = atomic_load(&steps);
        while (atomic_load(&steps) == before) {
            (void)sched_yield();
        }
    }
    end_threads(threads, 3);
}

static int ends[2];
static sem_t semaphore;

static void *wait_for_a_byte(void *unused)
{
    char byte = 0;
    atomic_fetch_add(&ready, 1);
    ssize_t got = read(ends[0], &byte, 1);
    return got == 1 && byte == 'x' ? unused : (void *)&ends;
}

static void *wait_for_a_post(void *unused)
{
    atomic_fetch_add(&ready, 1);
    return sem_wait(&semaphore) == 0 ? unused : (void *)&ends;
}

static void threads_that_wait_in_the_kernel_stop_and_wait_on(void **state)
{
    (void)state;
    pthread_t reader, waiter;
    void *result;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(sem_init(&semaphore, 0, 0), 0);
    start_threads(&reader, 1, wait_for_a_byte, NULL);
    start_threads(&waiter, 1, wait_for_a_post, NULL);
    for (int i = 0; i < 20; i++) {
        struct outcome outcome = halt_once();
        assert_all_stopped(&outcome, 2);
    }
    assert_int_equal(write(ends[1], "x", 1), 1);
    pthread_join(reader, &result);
    assert_null(result);
    sem_post(&semaphore);
    pthread_join(waiter, &result);
    assert_null(result);
    close(ends[0]);
    close(ends[1]);
    sem_destroy(&semaphore);
}

static uintptr_t stack_lo;

/* Spins with MARK in registers only: one that is preserved, one that is not, and one of the vector registers. */
static void *spin_marked(void *unused)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    stack_lo = here;
    atomic_fetch_add(&ready, 1);
    __asm__ volatile("not %%rbx\n"
                     "mov %%rbx, %%r9\n"
                     "movq %%rbx, %%xmm7\n"
                     "1: pause\n"
                     "cmpb $0, %1\n"
                     "je 1b\n"
                     "xor %%r9d, %%r9d\n"
                     "pxor %%xmm7, %%xmm7\n"
                     "xor %%ebx, %%ebx\n"
                     : "+b"(*(uint64_t[]){~MARK})
                     : "m"(over)
                     : "r9", "xmm7", "cc");
    return unused;
}

static bool has_mark(uintptr_t lo, uintptr_t hi)
{
    for (; lo + sizeof(uintptr_t) <= hi; lo += sizeof(uintptr_t)) {
        if (*(const uintptr_t *)lo == MARK) {
            return true;
        }
    }
    return false;
}

static void registers_and_the_stack_in_use_are_those_of_the_interrupted_code(void **state)
{
    (void)state;
    pthread_t thread;
    struct cst_halt halt;
    size_t marks = 0;
    bool in_vectors = false, near_stack = false;
    start_threads(&thread, 1, spin_marked, NULL);
    for (int i = 0; i < 1000 && marks < 2; i++) { /* it may not have come to its loop yet */
        assert_true(cst_halt_begin(&halt));
        const struct cst_halted *halted = &halt.threads[0];
        marks = 0;
        for (size_t r = 0; r < CST_HALT_REGISTERS; r++) {
            marks += halted->registers[r] == MARK;
        }
        in_vectors = has_mark(halted->vectors_lo, halted->vectors_hi);
        near_stack = halted->stack_pointer <= stack_lo && stack_lo - halted->stack_pointer < 4096;
        cst_halt_end(&halt);
    }
    end_threads(&thread, 1);
    assert_int_equal(marks, 2);
    assert_true(in_vectors);
    assert_true(near_stack);
}

static void set_mask(int how)
{
    uint64_t all = ~UINT64_C(0);
    syscall(SYS_rt_sigprocmask, how, &all, NULL, sizeof all);
}

/* Holds every signal back, as glibc would not let it, until it is over, and then takes what came. */
static void *be_deaf(void *unused)
{
    set_mask(SIG_BLOCK);
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        atomic_fetch_add(&steps, 1);
    }
    set_mask(SIG_UNBLOCK);
    return unused;
}

static void a_deaf_thread_is_missed_and_lives_on_when_it_hears_again(void **state)
{
    (void)state;
    pthread_t threads[3];
    for (int times = 1; times <= 2; times++) { /* also when there was a halt since that missed nobody */
        start_threads(threads, 1, be_deaf, NULL);
        start_threads(&threads[1], 2, be_busy, NULL);
        struct outcome outcome = halt_once();
        end_threads(threads, 3);
        assert_true(outcome.begun && outcome.listed);
        assert_int_equal(outcome.count, 3);
        assert_int_equal(outcome.missed, 1);
        assert_int_equal(outcome.stopped, 2);
        outcome = halt_once();
        assert_all_stopped(&outcome, 0);
    }
}

/* Holds every signal back for moments only, as glibc does where threads begin and end, but longer. */
static void *be_deaf_for_moments(void *unused)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    while (!atomic_load(&over)) {
        set_mask(SIG_BLOCK);
        atomic_fetch_add(&ready, 1);
        syscall(SYS_nanosleep, &moment, NULL);
        set_mask(SIG_UNBLOCK);
    }
    return unused;
}

static void a_thread_that_is_deaf_for_a_moment_is_waited_for(void **state)
{
    (void)state;
    pthread_t thread;
    start_threads(&thread, 1, be_deaf_for_moments, NULL);
    for (int i = 0; i < 5; i++) {
        struct outcome outcome = halt_once();
        assert_all_stopped(&outcome, 1);
    }
    end_threads(&thread, 1);
}

static void *take_a_step(void *unused)
{
    atomic_fetch_add(&steps, 1);
    return unused;
}

static void *make_threads(void *unused)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        pthread_t some[4];
        size_t made = 0;
        while (made < 4 && pthread_create(&some[made], &attributes, take_a_step, NULL) == 0) {
            made++;
        }
        while (made > 0) {
            pthread_join(some[--made], NULL);
        }
    }
    pthread_attr_destroy(&attributes);
    return unused;
}

static void threads_that_begin_and_end_meanwhile_are_all_caught(void **state)
{
    (void)state;
    pthread_t threads[2];
    start_threads(threads, 2, make_threads, NULL);
    for (int i = 0; i < 100; i++) {
        struct outcome outcome = halt_once();
        assert_true(outcome.begun && outcome.listed && outcome.still);
        assert_int_equal(outcome.missed, 0);
        assert_true(outcome.stopped >= 2);
    }
    end_threads(threads, 2);
}

#define CROWD 400

static void *wait_until_over(void *unused)
{
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        const struct timespec moment = {.tv_nsec = 1000000};
        syscall(SYS_nanosleep, &moment, NULL);
        atomic_fetch_add(&steps, 1);
    }
    return unused;
}

static void hundreds_of_threads_stop(void **state)
{
    (void)state;
    static pthread_t threads[CROWD];
    start_threads(threads, CROWD, wait_until_over, NULL);
    for (int i = 0; i < 5; i++) {
        struct outcome outcome = halt_once();
        assert_all_stopped(&outcome, CROWD);
    }
    end_threads(threads, CROWD);
}

struct action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

static struct action action_of_setxid(void)
{
    struct action action = {0};
    syscall(SYS_rt_sigaction, SIGSETXID, NULL, &action, sizeof action.mask);
    return action;
}

static void the_signal_is_lent_for_the_time_of_the_halt(void **state)
{
    (void)state;
    pthread_t thread;
    struct cst_halt halt;
    start_threads(&thread, 1, be_busy, NULL);
    struct action before = action_of_setxid();
    assert_true(cst_halt_begin(&halt));
    struct action meanwhile = action_of_setxid();
    cst_halt_end(&halt);
    struct action after = action_of_setxid();
    end_threads(&thread, 1);
    assert_int_not_equal(meanwhile.handler, before.handler);
    assert_memory_equal(&after, &before, sizeof before);
}

/* Changes ids in all threads, for which glibc needs its signal. Ends by the alarm when a thread never answers. */
static void change_ids_around_halts(void)
{
    pthread_t threads[3];
    alarm(30);
    start_threads(threads, 2, be_busy, NULL);
    for (int i = 0; i < 20; i++) {
        require(setresuid(getuid(), geteuid(), (uid_t)-1) == 0);
        require(halt_once().stopped == 2);
    }
    start_threads(&threads[2], 1, be_deaf, NULL);
    require(halt_once().missed == 1);
    end_threads(&threads[2], 1);
    atomic_store(&over, false);
    start_threads(threads, 2, be_busy, NULL);
    require(setresuid(getuid(), geteuid(), (uid_t)-1) == 0);
}

static void ids_can_be_changed_before_and_after(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(change_ids_around_halts), 0);
}

static void *keep_changing_ids(void *unused)
{
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
        require(setresuid(getuid(), geteuid(), (uid_t)-1) == 0);
    }
    return unused;
}

static void change_ids_during_halts(void)
{
    pthread_t threads[2];
    alarm(30);
    start_threads(threads, 1, keep_changing_ids, NULL);
    start_threads(&threads[1], 1, be_busy, NULL);
    for (int i = 0; i < 300; i++) {
        require(halt_once().begun);
    }
    end_threads(threads, 2);
}

static void ids_can_be_changed_at_the_same_time(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(change_ids_during_halts), 0);
}

static atomic_uint handled;

static void note_signal(int signal)
{
    (void)signal;
    atomic_fetch_add(&handled, 1);
}

static void the_halting_thread_takes_no_signal_until_the_others_go_on(void **state)
{
    (void)state;
    struct cst_halt halt;
    struct sigaction action = {.sa_handler = note_signal}, before;
    uint64_t mask_before, mask_after;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask_before, sizeof mask_before);
    assert_true(cst_halt_begin(&halt));
    syscall(SYS_tgkill, cst_sys_pid(), cst_sys_tid(), SIGUSR1);
    unsigned meanwhile = atomic_load(&handled);
    cst_halt_end(&halt);
    assert_int_equal(meanwhile, 0);
    assert_int_equal(atomic_load(&handled), 1);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask_after, sizeof mask_after);
    assert_int_equal(mask_after, mask_before);
    sigaction(SIGUSR1, &before, NULL);
}

static void fork_while_halted(void)
{
    pthread_t threads[2];
    struct cst_halt halt;
    alarm(30);
    start_threads(threads, 2, be_busy, NULL);
    require(cst_halt_begin(&halt));
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        alarm(10);
        cst_halt_after_fork();
        struct action own = action_of_setxid();
        struct outcome outcome = halt_once();
        require(outcome.begun && outcome.listed && outcome.count == 0);
        require(action_of_setxid().handler == own.handler && own.handler != 0);
        _exit(0);
    }
    cst_halt_end(&halt);
    int status;
    require(child > 0 && waitpid((pid_t)child, &status, 0) == child && status == 0);
    end_threads(threads, 2);
}

static void a_child_that_was_forked_meanwhile_begins_anew(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(fork_while_halted), 0);
}

static pthread_t leader;

static void *halt_without_leader(void *unused)
{
    require(pthread_join(leader, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        struct outcome outcome = halt_once();
        require(outcome.begun && outcome.listed && outcome.missed == 0 && outcome.stopped == 0);
    }
    _exit(0);
    return unused;
}

static void end_the_first_thread(void)
{
    pthread_t thread;
    alarm(30);
    leader = pthread_self();
    require(pthread_create(&thread, NULL, halt_without_leader, NULL) == 0);
    pthread_exit(NULL);
}

static void a_first_thread_that_has_ended_is_not_missed(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(end_the_first_thread), 0);
}

static _Atomic int seen_errno;

static void *keep_errno(void *unused)
{
    errno = EDOM;
    atomic_fetch_add(&ready, 1);
    while (!atomic_load(&over)) {
    }
    atomic_store(&seen_errno, errno);
    return unused;
}

static void errno_is_left_alone_on_both_sides(void **state)
{
    (void)state;
    pthread_t thread;
    start_threads(&thread, 1, keep_errno, NULL);
    errno = ERANGE;
    struct cst_halt halt;
    bool begun = cst_halt_begin(&halt);
    cst_halt_end(&halt);
    int own = errno;
    end_threads(&thread, 1);
    assert_true(begun);
    assert_int_equal(own, ERANGE);
    assert_int_equal(atomic_load(&seen_errno), EDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_of_one_thread_has_nobody_to_halt),
        cmocka_unit_test(busy_threads_stop_and_go_on_time_and_again),
        cmocka_unit_test(threads_that_wait_in_the_kernel_stop_and_wait_on),
        cmocka_unit_test(registers_and_the_stack_in_use_are_those_of_the_interrupted_code),
        cmocka_unit_test(the_signal_is_lent_for_the_time_of_the_halt),
        cmocka_unit_test(a_deaf_thread_is_missed_and_lives_on_when_it_hears_again),
        cmocka_unit_test(a_thread_that_is_deaf_for_a_moment_is_waited_for),
        cmocka_unit_test(threads_that_begin_and_end_meanwhile_are_all_caught),
        cmocka_unit_test(hundreds_of_threads_stop),
        cmocka_unit_test(ids_can_be_changed_before_and_after),
        cmocka_unit_test(ids_can_be_changed_at_the_same_time),
        cmocka_unit_test(the_halting_thread_takes_no_signal_until_the_others_go_on),
        cmocka_unit_test(a_child_that_was_forked_meanwhile_begins_anew),
        cmocka_unit_test(a_first_thread_that_has_ended_is_not_missed),
        cmocka_unit_test(errno_is_left_alone_on_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
