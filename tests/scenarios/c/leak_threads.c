/* Threads that still run when the program ends, and threads that ended before: what lies on the stack of a live thread is
 * reachable whatever the thread does or waits for; the dead stack of a thread that ended hides nothing.
 *
 * @flags -pthread
 * @run held-waiting
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=401 alloc=$prog
 * @run lost-waiting
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=401 alloc=$prog
 * @run lost-joined
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=402 alloc=$prog
 * @run freed-joined
 * @forbid leak bytes=402
 * @run held-returned
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=403 alloc=$prog
 * @run held-detached
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=404 alloc=$prog
 * @run lost-detached
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=404 alloc=$prog
 * @run lost-many-ended
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=50 bytes=20250 alloc=$prog
 * @run held-many
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=30 bytes=12180 alloc=$prog
 * @run lost-many
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=30 bytes=12180 alloc=$prog
 * @run held-main-waits
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=407 alloc=$prog
 * @run lost-main-waits
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=407 alloc=$prog
 * @run held-main-gone
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=408 alloc=$prog
 * @run lost-main-gone
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=408 alloc=$prog
 * @run held-own-stack
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=409 alloc=$prog
 * @run held-argument
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=410 alloc=$prog
 * @run held-thread-local
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=411 alloc=$prog
 * @run lost-thread-local
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=411 alloc=$prog
 */
#include "keep.h"
#include "leaks.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static enum fate fate_now;
static sem_t ready, never;
static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
static int empty[2];
static __thread void *volatile in_thread;
static volatile long spins;

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

static pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) != 0)
        abort();
    return thread;
}

/* Says that the thread has done its part, and waits for good. */
static void stay(void)
{
    forget();
    sem_post(&ready);
    for (;;)
        sem_wait(&never);
}

static void *hold_and_wait(void *size)
{
    void *volatile block = block_of((size_t)(uintptr_t)size);
    if (fate_now == LOST)
        block = NULL;
    keep((void *)&block);
    stay();
    return NULL;
}

/* Leaves the pointer all over the stack, deeper than what the thread calls while it ends. */
__attribute__((noinline)) static void litter(void *block)
{
    void *volatile places[1000];
    for (size_t i = 0; i < 1000; i++)
        places[i] = block;
    keep((void *)places);
}

static void *make_and_end(void *size)
{
    void *block = block_of((size_t)(uintptr_t)size);
    if (fate_now == FREED)
        free(block);
    else
        litter(block);
    return fate_now == HELD ? block : NULL;
}

static void waiting(enum fate fate)
{
    fate_now = fate;
    start(hold_and_wait, (void *)401);
    sem_wait(&ready);
}

static void joined(enum fate fate)
{
    fate_now = fate;
    pthread_join(start(make_and_end, (void *)402), NULL);
}

static void returned(enum fate fate)
{
    static void *volatile result;
    void *block;
    fate_now = fate;
    pthread_join(start(make_and_end, (void *)403), &block);
    result = block;
    keep((void *)&result);
}

static void detached(enum fate fate)
{
    fate_now = fate;
    pthread_detach(start(hold_and_wait, (void *)404));
    sem_wait(&ready);
}

/* Their stacks are kept by libc for the next threads, with all that lies there. */
static void many_ended(enum fate fate)
{
    pthread_t threads[50];
    fate_now = fate;
    for (int i = 0; i < 50; i++)
        threads[i] = start(make_and_end, (void *)405);
    for (int i = 0; i < 50; i++)
        pthread_join(threads[i], NULL);
}

static void wait_in_read(void)
{
    char byte;
    while (read(empty[0], &byte, 1) != 1)
        ;
}

static void wait_in_sleep(void)
{
    for (;;)
        nanosleep(&(struct timespec){.tv_sec = 1000}, NULL);
}

static void wait_for_mutex(void)
{
    pthread_mutex_lock(&taken);
}

static void spin(void)
{
    for (;;)
        spins++;
}

/* Blocks of other sizes than those that are lost: what the allocator moves about for them is none of these. */
static void allocate_all_the_time(void)
{
    for (;;)
        free(keep(malloc((size_t)(2000 + spins++ % 1000))));
}

static void wait_without_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    wait_in_sleep();
}

static void *hold_and_be_busy(void *way)
{
    static void (*const ways[])(void) = {wait_in_read, wait_in_sleep,         wait_for_mutex,
                                         spin,         allocate_all_the_time, wait_without_signals};
    void *volatile block = block_of(406);
    if (fate_now == LOST)
        block = NULL;
    keep((void *)&block);
    forget();
    sem_post(&ready);
    ways[(uintptr_t)way]();
    return NULL;
}

static void many(enum fate fate)
{
    fate_now = fate;
    pthread_mutex_lock(&taken);
    if (pipe(empty) != 0)
        abort();
    for (uintptr_t i = 0; i < 30; i++)
        start(hold_and_be_busy, (void *)(i % 6));
    for (int i = 0; i < 30; i++)
        sem_wait(&ready);
}

static void *end_the_program(void *unused)
{
    sem_wait(&ready);
    leave();
    return unused;
}

/* The program is ended by another thread than the main one, which waits with the block on its stack. */
static void main_waits(enum fate fate)
{
    fate_now = fate;
    start(end_the_program, NULL);
    hold_and_wait((void *)407);
}

static void *outlive_main(void *main_thread)
{
    pthread_join(*(pthread_t *)main_thread, NULL);
    leave();
}

static void main_gone(enum fate fate)
{
    static void *volatile in_static;
    static pthread_t self;
    in_static = block_of(408);
    if (fate == LOST)
        in_static = NULL;
    keep((void *)&in_static);
    self = pthread_self();
    start(outlive_main, &self);
    forget();
    pthread_exit(NULL);
}

/* A stack that the program made itself. */
static void own_stack(enum fate fate)
{
    size_t size = PTHREAD_STACK_MIN + (1 << 18);
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    fate_now = fate;
    if (stack == MAP_FAILED || pthread_attr_init(&attributes) != 0 ||
        pthread_attr_setstack(&attributes, stack, size) != 0 ||
        pthread_create(&thread, &attributes, hold_and_wait, (void *)409) != 0)
        abort();
    pthread_attr_destroy(&attributes);
    sem_wait(&ready);
}

static void *wait_with_argument(void *block)
{
    keep(block);
    stay();
    return block;
}

/* libc keeps the argument of a thread as long as the thread lives. */
static void argument(enum fate fate)
{
    fate_now = fate;
    start(wait_with_argument, block_of(410));
    sem_wait(&ready);
}

static void *hold_in_thread_local(void *unused)
{
    in_thread = block_of(411);
    if (fate_now == LOST)
        in_thread = NULL;
    stay();
    return unused;
}

static void thread_local_(enum fate fate)
{
    fate_now = fate;
    start(hold_in_thread_local, NULL);
    sem_wait(&ready);
}

static const struct leak_case cases[] = {
    {"waiting", waiting},       {"joined", joined},     {"returned", returned},          {"detached", detached},
    {"many-ended", many_ended}, {"many", many},         {"main-waits", main_waits},      {"main-gone", main_gone},
    {"own-stack", own_stack},   {"argument", argument}, {"thread-local", thread_local_},
};

int main(int argc, char **argv)
{
    if (argc != 2 || sem_init(&ready, 0, 0) != 0 || sem_init(&never, 0, 0) != 0)
        return 2;
    return run_leak_case(argv[1], cases, sizeof cases / sizeof *cases);
}
