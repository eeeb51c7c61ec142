/* A handler that ends the process from a signal stack of 8 KiB, of which the kernel has taken some three for the
 * interrupted thread's registers: what is told at the end, and what the search for leaks takes, lies elsewhere. What is
 * lost is told.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run exit
 * @expect leak error exact class=definite size=1021 blocks=1
 * @run _exit
 * @expect leak error exact class=definite size=1021 blocks=1
 * @run thread
 * @expect leak error exact class=definite size=1021 blocks=1
 */
#include "keep.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE 8192
#define PAGE 4096

static const char *what;

static void on_signal(int number)
{
    (void)number;
    free(keep(malloc(50)));
    if (strcmp(what, "_exit") == 0)
        _exit(0);
    exit(0);
}

/* Pages that cannot be touched lie below. */
static void *leave(void *unused)
{
    char *stack = mmap(NULL, STACK_SIZE + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t own = {.ss_sp = stack + PAGE, .ss_size = STACK_SIZE};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    mprotect(stack, PAGE, PROT_NONE);
    sigaltstack(&own, NULL);
    sigaction(SIGUSR1, &action, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    what = argc > 1 ? argv[1] : "exit";
    (void)!keep(malloc(1021));
    puts("done");
    fflush(stdout);
    if (strcmp(what, "thread") != 0)
        leave(NULL);
    else if (pthread_create(&thread, NULL, leave, NULL) == 0)
        pthread_join(thread, NULL);
    return 1;
}
