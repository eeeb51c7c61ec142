/* The leak audit: what it sums up, and what counts as holding a block. The world is small (world.h), the heap, the threads
 * and the roots are real: so a pointer that must not count is kept as its complement, or in memory that the test maps and
 * gives back. */
#include "core/leak.h"

#include "base/pool.h"
#include "child.h"
#include "plat/own.h"
#include "plat/sys.h"
#include "world.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE CST_PAGE_SIZE

static struct cst_leaks leaks;

/* ---- blocks, known by the complements of their addresses ---- */

#define HIDDEN_MAX 16

static uintptr_t hidden[HIDDEN_MAX];
static size_t hidden_count;

static void *shown(size_t i)
{
    return (void *)~hidden[i];
}

CST_NOINLINE static size_t hide(uintptr_t place, enum custody_door door, uint16_t side, size_t size)
{
    void *block = cst_engine_alloc(door, side, place, 0, size, CST_BLOCK_ALIGN, true);
    hidden[hidden_count] = ~(uintptr_t)block;
    return hidden_count++;
}

CST_NOINLINE static size_t hide_one(size_t size)
{
    return hide(0x1, CUSTODY_DOOR_MALLOC, program_side, size);
}

static int release_all(void **state)
{
    (void)state;
    while (hidden_count > 0) {
        struct cst_tag *tag = cst_tag_of(~hidden[--hidden_count]);
        size_t rounded = cst_engine_round(cst_tag_size(tag), cst_tag_align(tag));
        tag->facts = 0;
        cst_heap_release((void *)~hidden[hidden_count], rounded, CST_BLOCK_ALIGN);
    }
    cst_leaks_free(&leaks);
    return 0;
}

/* ---- audits ---- */

/* Overwrites what calls have left below. */
CST_NOINLINE static void clear_stack(void)
{
    volatile char used[32768];
    for (size_t i = 0; i < sizeof used; i++) {
        used[i] = 0;
    }
}

CST_NOINLINE static void find(bool by_stack)
{
    cst_leaks_find(by_stack, CST_LEAKS_STACK(), &leaks);
}

CST_NOINLINE static void audit(bool by_stack)
{
    cst_leaks_free(&leaks);
    clear_stack();
    find(by_stack);
}

static size_t blocks_of(enum cst_reach_class class)
{
    return leaks.totals[class].blocks;
}

static void assert_blocks(size_t reachable, size_t possible, size_t indirect, size_t definite)
{
    assert_int_equal(blocks_of(CST_REACH_REACHABLE), reachable);
    assert_int_equal(blocks_of(CST_REACH_POSSIBLE), possible);
    assert_int_equal(blocks_of(CST_REACH_INDIRECT), indirect);
    assert_int_equal(blocks_of(CST_REACH_DEFINITE), definite);
    assert_int_equal(blocks_of(CST_REACH_LIVE), 0);
}

static void expect_lost(void)
{
    audit(true);
    assert_true(leaks.exact);
    assert_blocks(0, 0, 0, 1);
}

static void expect_held(void)
{
    audit(true);
    assert_true(leaks.exact);
    assert_blocks(1, 0, 0, 0);
}

/* ---- sums ---- */

static void assert_row(size_t i, uint16_t side, enum custody_contract contract, size_t blocks, size_t bytes)
{
    assert_int_equal(leaks.list[i].side, side);
    assert_int_equal(leaks.list[i].contract, contract);
    assert_int_equal(leaks.list[i].blocks, blocks);
    assert_int_equal(leaks.list[i].bytes, bytes);
}

static void make_some(void)
{
    (void)hide(0x1, CUSTODY_DOOR_MALLOC, program_side, 100);
    (void)hide(0x1, CUSTODY_DOOR_MALLOC, program_side, 50);
    (void)hide(0x2, CUSTODY_DOOR_MALLOC, program_side, 5000);
    (void)hide(0x1, CUSTODY_DOOR_MALLOC, library_side, 200);
    (void)hide(0x1, CUSTODY_DOOR_NEW, program_side, 3000000);
    (void)hide(0x3, CUSTODY_DOOR_MALLOC, program_side, 0);
}

static void blocks_are_summed_by_side_contract_and_stack_most_bytes_first(void **state)
{
    (void)state;
    make_some();
    audit(true);
    assert_int_equal(leaks.count, 5);
    assert_row(0, program_side, CUSTODY_CONTRACT_NEW, 1, 3000000);
    assert_row(1, program_side, CUSTODY_CONTRACT_MALLOC, 1, 5000);
    assert_row(2, library_side, CUSTODY_CONTRACT_MALLOC, 1, 200);
    assert_row(3, program_side, CUSTODY_CONTRACT_MALLOC, 2, 150);
    assert_row(4, program_side, CUSTODY_CONTRACT_MALLOC, 1, 0);
    assert_int_equal(leaks.list[1].example, ~hidden[2]);
    assert_int_equal(leaks.list[1].example_size, 5000);
    assert_int_equal(leaks.totals[CST_REACH_DEFINITE].bytes, 3000000 + 5000 + 200 + 150);
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    assert_int_equal(cst_stack_load(leaks.list[1].stack, frames), 1);
    assert_int_equal(frames[0], 0x2);
    assert_false(leaks.incomplete);
}

static void without_stacks_each_side_and_contract_has_one_row(void **state)
{
    (void)state;
    make_some();
    audit(false);
    assert_int_equal(leaks.count, 3);
    assert_row(0, program_side, CUSTODY_CONTRACT_NEW, 1, 3000000);
    assert_row(1, program_side, CUSTODY_CONTRACT_MALLOC, 4, 5150);
    assert_row(2, library_side, CUSTODY_CONTRACT_MALLOC, 1, 200);
    assert_int_equal(leaks.list[1].stack, 0);
}

static void classes_and_holders_have_rows_of_their_own_worst_first(void **state)
{
    (void)state;
    size_t theirs = hide(0x1, CUSTODY_DOOR_MALLOC, library_side, 64), held = hide_one(10), lost = hide_one(20);
    size_t below = hide_one(30), middle = hide_one(4000), own = hide_one(50);
    *(void **)shown(theirs) = shown(held);
    *(void **)shown(lost) = shown(below);
    void *volatile roots[] = {shown(theirs), (char *)shown(middle) + 100, shown(own)};
    audit(true);
    assert_non_null(roots[0]);
    assert_blocks(3, 1, 1, 1);
    static const enum cst_reach_class classes[] = {CST_REACH_DEFINITE,  CST_REACH_INDIRECT,  CST_REACH_POSSIBLE,
                                                   CST_REACH_REACHABLE, CST_REACH_REACHABLE, CST_REACH_REACHABLE};
    static const size_t bytes[] = {20, 30, 4000, 64, 50, 10};
    assert_int_equal(leaks.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(leaks.list[i].class, classes[i]);
        assert_int_equal(leaks.list[i].bytes, bytes[i]);
        assert_int_equal(leaks.list[i].holder, i == 5 ? library_side : CST_SIDE_UNKNOWN);
    }
}

static void thousands_of_stacks_have_a_row_each(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    uintptr_t *blocks = malloc(MANY * sizeof *blocks);
    for (uintptr_t i = 0; i < MANY; i++) {
        blocks[i] = ~(uintptr_t)cst_engine_alloc(CUSTODY_DOOR_MALLOC, program_side, 0x10000 + i, 0, i + 1,
                                                 CST_BLOCK_ALIGN, false);
    }
    audit(true);
    size_t count = leaks.count, bytes = leaks.totals[CST_REACH_DEFINITE].bytes;
    bool ordered = true;
    for (size_t i = 1; i < leaks.count; i++) {
        ordered =
            ordered && (leaks.list[i].class < leaks.list[i - 1].class || leaks.list[i].bytes < leaks.list[i - 1].bytes);
    }
    for (size_t i = 0; i < MANY; i++) {
        release(CUSTODY_DOOR_FREE, program_side, (void *)~blocks[i]);
    }
    free(blocks);
    assert_true(count >= MANY - 1); /* one may be held by a register by chance */
    assert_true(ordered);
    assert_true(bytes <= (size_t)MANY * (MANY + 1) / 2 && bytes >= (size_t)MANY * (MANY - 1) / 2);
}

static void released_blocks_are_not_told(void **state)
{
    (void)state;
    make_some();
    release(CUSTODY_DOOR_FREE, program_side, shown(2));
    audit(true);
    assert_int_equal(leaks.count, 4);
    assert_int_equal(leaks.list[1].bytes, 200);
    assert_int_equal(told_count, 0);
    hidden[2] = hidden[5];
    hidden_count--;
}

static void what_was_told_before_is_in_the_totals_only(void **state)
{
    (void)state;
    make_some();
    audit(true);
    size_t count = leaks.count, blocks = leaks.totals[CST_REACH_DEFINITE].blocks;
    cst_tag_tell(cst_tag_of(~hidden[4]));
    audit(true);
    assert_int_equal(leaks.count, count - 1);
    assert_int_equal(leaks.totals[CST_REACH_DEFINITE].blocks, blocks);
    audit(true);
    assert_int_equal(leaks.count, count - 1);
}

static void what_a_parent_process_made_is_its_own(void **state)
{
    (void)state;
    make_some();
    cst_thread.generation++;
    audit(true);
    size_t before = leaks.count;
    (void)hide(0x1, CUSTODY_DOOR_MALLOC, library_side, 10);
    audit(true);
    cst_thread.generation--;
    assert_int_equal(before, 0);
    assert_int_equal(leaks.count, 1);
    assert_row(0, library_side, CUSTODY_CONTRACT_MALLOC, 1, 10);
}

static void the_runtimes_own_blocks_are_not_told(void **state)
{
    (void)state;
    make_some();
    cst_tag_of(~hidden[4])->facts =
        cst_tag_facts(3000000, 4, cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN));
    audit(true);
    assert_int_equal(leaks.count, 4);
    assert_int_equal(leaks.list[0].bytes, 5000);
}

static void after_an_audit_blocks_have_no_marks_and_their_release_is_plain(void **state)
{
    (void)state;
    size_t held = hide_one(64), lost = hide_one(64);
    void *volatile root = shown(held);
    audit(true);
    assert_non_null(root);
    assert_blocks(1, 0, 0, 1);
    for (size_t i = held; i <= lost; i++) {
        const struct cst_tag *tag = cst_tag_of(~hidden[i]);
        assert_int_equal(cst_tag_marks(tag), 0);
        assert_true(cst_tag_is_plain_at(tag, ~hidden[i]));
    }
}

static void names_and_severities_follow_the_class(void **state)
{
    (void)state;
    assert_string_equal(cst_leak_class_name(CST_REACH_LIVE), "live");
    assert_string_equal(cst_leak_class_name(CST_REACH_REACHABLE), "reachable");
    assert_string_equal(cst_leak_class_name(CST_REACH_POSSIBLE), "possible");
    assert_string_equal(cst_leak_class_name(CST_REACH_INDIRECT), "indirect");
    assert_string_equal(cst_leak_class_name(CST_REACH_DEFINITE), "definite");
    for (int exact = 0; exact <= 1; exact++) {
        enum custody_severity worst = exact ? CUSTODY_SEVERITY_ERROR : CUSTODY_SEVERITY_WARNING;
        assert_int_equal(cst_leak_severity(CST_REACH_DEFINITE, exact), worst);
        assert_int_equal(cst_leak_severity(CST_REACH_INDIRECT, exact), worst);
        assert_int_equal(cst_leak_severity(CST_REACH_POSSIBLE, exact), CUSTODY_SEVERITY_WARNING);
        assert_int_equal(cst_leak_severity(CST_REACH_REACHABLE, exact), CUSTODY_SEVERITY_NOTE);
        assert_int_equal(cst_leak_severity(CST_REACH_LIVE, exact), CUSTODY_SEVERITY_NOTE);
    }
}

/* ---- what holds a block ---- */

static void what_nothing_holds_is_lost(void **state)
{
    (void)state;
    (void)hide_one(100);
    expect_lost();
}

static void *volatile in_data;

static void static_data_holds(void **state)
{
    (void)state;
    in_data = shown(hide_one(100));
    expect_held();
    in_data = NULL;
    expect_lost();
}

static void a_private_mapping_holds_until_it_is_gone(void **state)
{
    (void)state;
    size_t block = hide_one(100);
    void **mapping = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(mapping != MAP_FAILED);
    mapping[8 * PAGE / sizeof(void *) - 1] = shown(block);
    expect_held();
    assert_int_equal(mprotect(mapping, 8 * PAGE, PROT_READ), 0);
    expect_held();
    munmap(mapping, 8 * PAGE);
    expect_lost();
}

static void a_local_variable_of_a_caller_holds(void **state)
{
    (void)state;
    void *volatile local = shown(hide_one(100));
    expect_held();
    local = NULL;
    expect_lost();
    assert_null(local);
}

static void the_runtimes_own_memory_holds_nothing(void **state)
{
    (void)state;
    size_t block = hide_one(100);
    void **noted = cst_pool_alloc(64), **mapped = cst_own_map(PAGE);
    *noted = *mapped = shown(block);
    expect_lost();
    cst_own_unmap(mapped, PAGE);
    *noted = NULL;
}

static void what_the_kernel_keeps_holds(void **state)
{
    (void)state;
    size_t block = hide_one(100);
    int ends[2], epoll = epoll_create1(0);
    assert_int_equal(pipe(ends), 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = shown(block)};
    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
    memset(&event, 0, sizeof event);
    expect_held();
    close(epoll);
    expect_lost();
    timer_t timer;
    struct sigevent expiry = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    expiry.sigev_value.sival_ptr = shown(block);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &expiry, &timer), 0);
    memset(&expiry, 0, sizeof expiry);
    expect_held();
    timer_delete(timer);
    expect_lost();
    close(ends[0]);
    close(ends[1]);
}

/* ---- threads ---- */

static sem_t begun, may_end;
static atomic_bool over;

static void enter_thread(void)
{
    cst_thread = (struct cst_thread){.mode = CST_THREAD_READY,
                                     .stacks = 1,
                                     .counts = cst_count_acquire(false),
                                     .cache = cst_cache_acquire(false),
                                     .bounds = cst_stack_bounds_get()};
    cst_thread.place = (uint16_t)cst_stacks_add(&cst_thread.bounds);
}

static void leave_thread(void)
{
    cst_count_give_back(cst_thread.counts);
    cst_stacks_end(cst_thread.place, (uintptr_t)__builtin_thread_pointer());
}

static pthread_t start_thread(void *(*body)(void *))
{
    pthread_t thread;
    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    atomic_store(&over, false);
    if (pthread_create(&thread, NULL, body, NULL) != 0) {
        abort();
    }
    sem_wait(&begun);
    return thread;
}

static void end_thread(pthread_t thread)
{
    atomic_store(&over, true);
    sem_post(&may_end);
    pthread_join(thread, NULL);
}

static void *hold_in_a_variable(void *unused)
{
    enter_thread();
    void *volatile held = shown(0);
    sem_post(&begun);
    sem_wait(&may_end);
    held = NULL;
    leave_thread();
    return held ? held : unused;
}

static void a_variable_of_another_thread_holds_until_the_thread_has_ended(void **state)
{
    (void)state;
    (void)hide_one(100);
    pthread_t thread = start_thread(hold_in_a_variable);
    expect_held();
    end_thread(thread);
    expect_lost();
}

static void *hold_in_a_register(void *unused)
{
    enter_thread();
    uintptr_t value = hidden[0];
    sem_post(&begun);
    __asm__ volatile("not %0\n"
                     "1: pause\n"
                     "cmpb $0, %1\n"
                     "je 1b\n"
                     "xor %k0, %k0\n"
                     : "+r"(value)
                     : "m"(over)
                     : "cc");
    leave_thread();
    return unused;
}

static void a_register_of_another_thread_holds(void **state)
{
    (void)state;
    (void)hide_one(100);
    pthread_t thread = start_thread(hold_in_a_register);
    for (int i = 0; i < 1000; i++) { /* until it has come to its loop */
        audit(true);
        if (blocks_of(CST_REACH_REACHABLE) == 1) {
            break;
        }
    }
    assert_blocks(1, 0, 0, 0);
    end_thread(thread);
    expect_lost();
}

/* Not right below the caller's frame: there the kernel saves registers when the thread is halted, with gaps in between. */
CST_NOINLINE static void leave_on_the_stack(void)
{
    void *volatile left[4096];
    for (size_t i = 0; i < 4096; i++) {
        left[i] = i < 1000 ? shown(0) : NULL;
    }
    (void)left[4095];
}

static void *leave_and_wait(void *unused)
{
    enter_thread();
    leave_on_the_stack();
    sem_post(&begun);
    while (sem_trywait(&may_end) != 0) { /* without deep calls, which would overwrite what is left */
        syscall(SYS_sched_yield);
    }
    leave_on_the_stack();
    leave_thread();
    return unused;
}

static void what_returned_functions_left_on_a_stack_holds_nothing(void **state)
{
    (void)state;
    (void)hide_one(100);
    pthread_t thread = start_thread(leave_and_wait);
    expect_lost();
    end_thread(thread);
    expect_lost(); /* glibc keeps the stack for the next thread */
}

static void *hold_on_a_stack_that_was_used_before(void *unused)
{
    void *volatile held = shown(0); /* unknown to the runtime: it has not allocated */
    sem_post(&begun);
    sem_wait(&may_end);
    held = NULL;
    return held ? held : unused;
}

static void a_stack_that_glibc_hands_out_again_holds(void **state)
{
    (void)state;
    (void)hide_one(100);
    end_thread(start_thread(hold_in_a_variable));
    pthread_t thread = start_thread(hold_on_a_stack_that_was_used_before);
    expect_held();
    end_thread(thread);
    expect_lost();
}

static void *be_deaf(void *unused)
{
    uint64_t all = ~UINT64_C(0);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, sizeof all);
    sem_post(&begun);
    sem_wait(&may_end);
    return unused;
}

static void with_a_thread_that_cannot_be_halted_nothing_is_exact(void **state)
{
    (void)state;
    (void)hide_one(100);
    pthread_t thread = start_thread(be_deaf);
    audit(true);
    end_thread(thread);
    assert_false(leaks.exact);
    assert_blocks(0, 0, 0, 1);
    expect_lost();
}

/* ---- signal stacks and coroutines ---- */

static bool was_held;

CST_NOINLINE static void audit_in_handler(int signal)
{
    (void)signal;
    find(true);
    was_held = blocks_of(CST_REACH_REACHABLE) == 1;
}

CST_NOINLINE static void raise_deep(void)
{
    char *volatile held = shown(0);
    (void)raise(SIGUSR1);
    held = NULL;
    (void)held;
}

/* The signal stack is an array further out on the very stack that is interrupted. */
static void frames_below_a_signal_stack_hold(void **state)
{
    (void)state;
    char aside[65536];
    stack_t stack = {.ss_sp = aside, .ss_size = sizeof aside}, before;
    struct sigaction action = {.sa_handler = audit_in_handler, .sa_flags = SA_ONSTACK}, action_before;
    (void)hide_one(100);
    memset(aside, 0, sizeof aside);
    assert_int_equal(sigaltstack(&stack, &before), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &action_before), 0);
    raise_deep();
    sigaction(SIGUSR1, &action_before, NULL);
    sigaltstack(&before, NULL);
    assert_true(was_held);
}

/* ---- awkward conditions ---- */

static void *audit_on_a_small_stack(void *unused)
{
    enter_thread();
    find(true);
    leave_thread();
    return unused;
}

static void an_audit_fits_on_the_smallest_stack(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_attr_t attributes;
    (void)hide_one(100);
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 16384), 0);
    assert_int_equal(pthread_create(&thread, &attributes, audit_on_a_small_stack, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    assert_int_equal(blocks_of(CST_REACH_DEFINITE) + blocks_of(CST_REACH_REACHABLE), 1);
}

static size_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu", &pages) != 1) {
        pages = 0;
    }
    (void)fclose(file);
    return pages * PAGE;
}

static void any_number_of_audits_use_nothing_up(void **state)
{
    (void)state;
    (void)hide_one(100);
    expect_lost();
    size_t before = address_space();
    for (int i = 0; i < 1500; i++) {
        cst_leaks_free(&leaks);
        find(true);
    }
    assert_int_equal(blocks_of(CST_REACH_LIVE), 0);
    assert_true(address_space() < before + 1024 * PAGE);
}

static void audit_without_address_space(void)
{
    struct rlimit limit = {.rlim_cur = address_space() + 256 * PAGE, .rlim_max = RLIM_INFINITY};
    (void)hide_one(100);
    require(setrlimit(RLIMIT_AS, &limit) == 0);
    find(true);
    require(blocks_of(CST_REACH_LIVE) == 1 && blocks_of(CST_REACH_DEFINITE) == 0);
    require(cst_leak_severity(CST_REACH_LIVE, leaks.exact) == CUSTODY_SEVERITY_NOTE);
}

static void without_memory_blocks_are_live_and_no_more_is_said(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(audit_without_address_space), 0);
}

static void audit_without_descriptors(void)
{
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
    (void)hide_one(100);
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    find(true);
    require(blocks_of(CST_REACH_LIVE) == 1 && blocks_of(CST_REACH_DEFINITE) == 0);
}

static void without_descriptors_blocks_are_live_and_no_more_is_said(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(audit_without_descriptors), 0);
}

static void blocks_that_the_program_made_unreadable_crash_nothing_and_hold(void **state)
{
    (void)state;
    size_t outer = hide_one(16 * PAGE), inner = hide_one(50);
    char *pages = (char *)(((uintptr_t)shown(outer) + PAGE - 1) & ~(PAGE - 1));
    void *volatile root = shown(outer);
    memcpy(pages + PAGE, (void *[]){shown(inner)}, sizeof(void *));
    assert_int_equal(mprotect(pages, 3 * PAGE, PROT_NONE), 0);
    audit(true);
    assert_int_equal(mprotect(pages, 3 * PAGE, PROT_READ | PROT_WRITE), 0);
    assert_non_null(root);
    assert_blocks(2, 0, 0, 0);
}

static void audit_with_a_hole(void)
{
    size_t outer = hide_one(16 * PAGE), inner = hide_one(50);
    char *pages = (char *)(((uintptr_t)shown(outer) + PAGE - 1) & ~(PAGE - 1));
    in_data = shown(outer);
    memcpy(pages + 4 * PAGE, (void *[]){shown(inner)}, sizeof(void *));
    require(munmap(pages, 2 * PAGE) == 0);
    find(true);
    require(blocks_of(CST_REACH_REACHABLE) == 2);
}

static void blocks_of_which_the_program_unmapped_a_part_crash_nothing(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(audit_with_a_hole), 0);
}

static atomic_uint rounds;

/* Keeps a table that grows and shrinks, whose entries are held by nothing else. */
static void *resize_a_table(void *unused)
{
    static const size_t sizes[] = {64, 4096, 200, 70000, 300000, 1000, 3000000, 300000, 2000000, 7000000, 100000};
    enter_thread();
    void **table = make(CUSTODY_DOOR_MALLOC, program_side, 64, CST_BLOCK_ALIGN);
    for (size_t i = 0; i < 4; i++) {
        table[i] = make(CUSTODY_DOOR_MALLOC, program_side, 40, CST_BLOCK_ALIGN);
    }
    sem_post(&begun);
    while (!atomic_load(&over)) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            table = resize(CUSTODY_DOOR_REALLOC, program_side, table, sizes[i], CST_BLOCK_ALIGN, NAMING_NOTHING);
        }
        atomic_fetch_add(&rounds, 1);
    }
    for (size_t i = 0; i < 4; i++) {
        release(CUSTODY_DOOR_FREE, program_side, table[i]);
    }
    release(CUSTODY_DOOR_FREE, program_side, table);
    leave_thread();
    return unused;
}

static void what_a_block_holds_that_is_being_resized_is_never_lost(void **state)
{
    (void)state;
    size_t lost = 0;
    pthread_t thread = start_thread(resize_a_table);
    for (unsigned i = 0; i < 1000; i++) {
        cst_leaks_free(&leaks);
        find(false);
        lost += blocks_of(CST_REACH_DEFINITE) + blocks_of(CST_REACH_INDIRECT);
    }
    end_thread(thread);
    assert_int_equal(lost, 0);
    assert_int_equal(told_count, 0);
}

/* Makes and releases blocks of many sizes as fast as it can. */
static void *churn(void *unused)
{
    enter_thread();
    sem_post(&begun);
    for (size_t i = 0; !atomic_load(&over); i++) {
        void *blocks[16];
        for (size_t n = 0; n < 16; n++) {
            blocks[n] = make(CUSTODY_DOOR_MALLOC, program_side, (i * 37 + n * 1001) % 20000, CST_BLOCK_ALIGN);
        }
        for (size_t n = 0; n < 16; n++) {
            release(CUSTODY_DOOR_FREE, program_side, blocks[n]);
        }
    }
    leave_thread();
    return unused;
}

static void audits_while_threads_allocate_accuse_nobody(void **state)
{
    (void)state;
    size_t lost = 0;
    pthread_t first = start_thread(churn), second = start_thread(churn);
    for (unsigned i = 0; i < 300; i++) {
        cst_leaks_free(&leaks);
        find(true);
        lost += blocks_of(CST_REACH_DEFINITE) + blocks_of(CST_REACH_INDIRECT);
    }
    end_thread(first);
    end_thread(second);
    assert_int_equal(lost, 0);
    assert_int_equal(told_count, 0);
    audit(true);
    assert_blocks(0, 0, 0, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, release_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_summed_by_side_contract_and_stack_most_bytes_first),
        TEST(without_stacks_each_side_and_contract_has_one_row),
        TEST(classes_and_holders_have_rows_of_their_own_worst_first),
        TEST(thousands_of_stacks_have_a_row_each),
        TEST(released_blocks_are_not_told),
        TEST(what_was_told_before_is_in_the_totals_only),
        TEST(what_a_parent_process_made_is_its_own),
        TEST(the_runtimes_own_blocks_are_not_told),
        TEST(after_an_audit_blocks_have_no_marks_and_their_release_is_plain),
        TEST(names_and_severities_follow_the_class),
        TEST(what_nothing_holds_is_lost),
        TEST(static_data_holds),
        TEST(a_private_mapping_holds_until_it_is_gone),
        TEST(a_local_variable_of_a_caller_holds),
        TEST(the_runtimes_own_memory_holds_nothing),
        TEST(what_the_kernel_keeps_holds),
        TEST(a_variable_of_another_thread_holds_until_the_thread_has_ended),
        TEST(a_register_of_another_thread_holds),
        TEST(what_returned_functions_left_on_a_stack_holds_nothing),
        TEST(a_stack_that_glibc_hands_out_again_holds),
        TEST(with_a_thread_that_cannot_be_halted_nothing_is_exact),
        TEST(frames_below_a_signal_stack_hold),
        TEST(an_audit_fits_on_the_smallest_stack),
        TEST(any_number_of_audits_use_nothing_up),
        TEST(without_memory_blocks_are_live_and_no_more_is_said),
        TEST(without_descriptors_blocks_are_live_and_no_more_is_said),
        TEST(blocks_that_the_program_made_unreadable_crash_nothing_and_hold),
        TEST(blocks_of_which_the_program_unmapped_a_part_crash_nothing),
        TEST(what_a_block_holds_that_is_being_resized_is_never_lost),
        TEST(audits_while_threads_allocate_accuse_nobody),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
