/* A signal stack that was left: while the end is told, or leaks are looked for, from a handler on a signal stack that has little
 * room, other signals whose handlers take the same stack leave what lies there alone. So does the halting of threads.
 *
 * @builds cc=gcc opt=1
 * @flags -pthread -ldl
 * @run exit
 * @run request
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <custody/custody.h>

#define STACK_SIZE 40000

typedef custody_status find_leaks(struct custody_leaks *out_leaks);
static find_leaks *find;
static atomic_int asked, stop;

static void on_tick(int number)
{
    (void)number;
    volatile char room[4096];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0x55;
}

static void on_end(int number)
{
    (void)number;
    exit(0);
}

static void on_request(int number)
{
    struct custody_leaks leaks;
    (void)number;
    for (; !stop; asked = 1)
        find(&leaks);
}

static void take_signals(void (*handler)(int), int number)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(number, &action, NULL);
}

/* Only the kernel knows where the stack lies. */
static __attribute__((noinline)) void take_stack(void)
{
    stack_t own = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    sigaltstack(&own, NULL);
}

static void drop_stack(void)
{
    stack_t own, none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, &own);
    free(own.ss_sp);
}

static void *ask(void *unused)
{
    take_stack();
    pthread_kill(pthread_self(), SIGUSR1);
    drop_stack();
    return unused;
}

static void end(void)
{
    struct itimerval often = {{0, 100}, {0, 100}};
    take_stack();
    take_signals(on_tick, SIGALRM);
    take_signals(on_end, SIGTERM);
    setitimer(ITIMER_REAL, &often, NULL);
    raise(SIGTERM);
}

int main(int argc, char **argv)
{
    static void *kept[100000];
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        kept[i] = malloc(10);
    find = (find_leaks *)dlsym(RTLD_DEFAULT, "custody_find_leaks");
    puts("done");
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "request") != 0)
        end();
    if (!find)
        return 0;
    pthread_t thread;
    take_signals(on_request, SIGUSR1);
    pthread_create(&thread, NULL, ask, NULL);
    while (!asked) {
    }
    for (int i = 0; i < 50; i++) {
        struct custody_leaks leaks;
        if (find(&leaks) == CUSTODY_STATUS_OK && (leaks.definite_blocks || leaks.possible_blocks))
            puts("lost");
    }
    stop = 1;
    pthread_join(thread, NULL);
    return 0;
}
