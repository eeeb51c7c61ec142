/* Signals by the thousand, at every place of malloc and free: handlers that only count, on the thread's stack and on one of
 * their own, and handlers that leave by siglongjmp. They come out as they do without Custody, and findings go on being found.
 * Handlers that allocate may not, by POSIX: libc's own heap is broken by them now and then. Custody's is not, so they are
 * run under Custody alone; once at every instruction of some calls.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run counting
 * @compare
 * @run own-stack
 * @compare
 * @run threads
 * @compare
 * @run allocating
 * @run every-instruction
 * @run leaving
 * @compare
 * @run findings
 * @expect double-free error exact size=71 owner=$prog/c/malloc by=$prog/c/malloc
 */
#include "keep.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define SLOTS 512
#define SIGNALS 500

static atomic_int signals;
static _Thread_local sigjmp_buf back;
static _Thread_local volatile sig_atomic_t may_leave;

static void count(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* In pairs, so that a handler leaves the heap as it found it. */
static void allocate(int number)
{
    void *volatile block = malloc(40);
    free(block);
    count(number);
}

static void leave(int number)
{
    count(number);
    if (may_leave) {
        may_leave = 0;
        siglongjmp(back, 1);
    }
}

static void storm(void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | flags};
    struct itimerval often = {.it_interval = {.tv_usec = 100}, .it_value = {.tv_usec = 100}};
    sigaction(SIGPROF, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_PROF, &often, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void calm(void)
{
    struct itimerval never = {.it_value = {.tv_usec = 0}};
    setitimer(ITIMER_PROF, &never, NULL);
    setitimer(ITIMER_REAL, &never, NULL);
}

/* Sizes small and large, windows of random lifetimes, texts of libc's: blocks must be whole whenever they are looked at. */
static void work(unsigned seed, int until)
{
    static _Thread_local unsigned char *blocks[SLOTS];
    static _Thread_local size_t sizes[SLOTS];
    unsigned state = seed;
    while (atomic_load(&signals) < until) {
        state = state * 1103515245u + 12345u;
        size_t slot = state / 65536 % SLOTS, size = state / 256 % 3000 + 1;
        if (blocks[slot] &&
            (blocks[slot][0] != (unsigned char)slot || blocks[slot][sizes[slot] - 1] != (unsigned char)slot))
            abort();
        blocks[slot] = keep(realloc(blocks[slot], size));
        sizes[slot] = size;
        blocks[slot][0] = blocks[slot][size - 1] = (unsigned char)slot;
        free(keep(strdup("a text")));
        free(keep(malloc(slot == 0 ? 300000 : size)));
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(blocks[i]);
        blocks[i] = NULL;
    }
}

static void *work_in_thread(void *seed)
{
    work((unsigned)(size_t)seed, SIGNALS);
    return NULL;
}

static void in_threads(void)
{
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work_in_thread, (void *)(i + 1));
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

/* With the processor's trap flag a signal comes after every instruction. */
#define EVERY_INSTRUCTION(call) \
    do { \
        __asm__ volatile("pushf\n\torl $0x100, (%%rsp)\n\tpopf" ::: "memory", "cc"); \
        call; \
        __asm__ volatile("pushf\n\tandl $~0x100, (%%rsp)\n\tpopf" ::: "memory", "cc"); \
    } while (0)

/* As `allocate`, of the size that is in use, and what it gets is written to. */
static void allocate_same(int number)
{
    char *volatile block = keep(malloc(40));
    memset(block, 'h', 40);
    free(block);
    count(number);
}

static void step_through(void)
{
    struct sigaction action = {.sa_handler = allocate_same};
    sigaction(SIGTRAP, &action, NULL);
    for (size_t i = 0; i < 4; i++) {
        char *blocks[4];
        for (size_t at = 0; at < 4; at++) {
            EVERY_INSTRUCTION(blocks[at] = malloc(40));
            memset(blocks[at], 'b', 40);
        }
        EVERY_INSTRUCTION(blocks[3] = realloc(blocks[3], 40 + i * 300));
        for (size_t at = 0; at < 4; at++) {
            if (blocks[at][0] != 'b' || blocks[at][39] != 'b')
                abort();
            EVERY_INSTRUCTION(free(blocks[at]));
        }
    }
}

/* Only calls that touch nothing of the heap are left half-way: what the program computes in between. */
static void leave_often(void)
{
    volatile int left = 0;
    while (left < 150) {
        if (sigsetjmp(back, 1) == 0) {
            may_leave = 1;
            for (volatile unsigned i = 0; may_leave; i++)
                ;
        } else {
            left++;
        }
        for (size_t size = 1; size < 50; size++)
            free(keep(malloc(size)));
    }
}

int main(int argc, char **argv)
{
    static char stack[65536];
    const char *what = argc > 1 ? argv[1] : "counting";
    bool finds = strcmp(what, "findings") == 0;
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    if (strcmp(what, "own-stack") == 0)
        sigaltstack(&own, NULL);
    if (strcmp(what, "every-instruction") == 0) {
        step_through();
        puts("done");
        return 0;
    }
    storm(strcmp(what, "allocating") == 0 ? allocate
          : strcmp(what, "leaving") == 0  ? leave
                                          : count,
          strcmp(what, "own-stack") == 0 ? SA_ONSTACK : 0);
    if (strcmp(what, "threads") == 0)
        in_threads();
    else if (strcmp(what, "leaving") == 0)
        leave_often();
    else
        work(1, SIGNALS);
    for (int i = 0; finds && i < 5000; i++) {
        void *block = keep(malloc(71)), *again = keep(block);
        free(block);
        free(again);
    }
    calm();
    puts("done");
    return 0;
}
