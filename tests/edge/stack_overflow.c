/* Stacks that end: a recursion without end that allocates on its way down, with and without a handler that has a stack of
 * its own, in the main thread and in another; and one that comes back from the edge. The signal is the program's.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run none
 * @exit 139
 * @run handled
 * @exit 3
 * @run back
 * @cli --leaks off
 * @run thread
 * @exit 139
 * @run deep
 */
#include "keep.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static sigjmp_buf back;
static const char *what;

/* A frame of this and a block, again and again; `left` 0 never ends. */
__attribute__((noinline)) static long sink(long left, void *before)
{
    volatile char frame[300];
    char *block = keep(malloc(24));
    frame[0] = *block = (char)left;
    long sum = left == 1 ? 0 : sink(left - 1, block);
    free(block);
    return sum + frame[0] + (before != NULL);
}

static void on_segv(int number)
{
    (void)number;
    if (strcmp(what, "back") == 0)
        siglongjmp(back, 1);
    void *block = keep(malloc(50));
    free(block);
    _exit(3);
}

static void *sink_in_thread(void *unused)
{
    sink(0, NULL);
    return unused;
}

int main(int argc, char **argv)
{
    static char stack[65536];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};
    struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
    pthread_t thread;
    what = argc > 1 ? argv[1] : "none";
    setrlimit(RLIMIT_STACK, &limit);
    puts("done");
    fflush(stdout);
    if (strcmp(what, "deep") == 0)
        return sink(1500, NULL) == 0;
    if (strcmp(what, "handled") == 0 || strcmp(what, "back") == 0) {
        sigaltstack(&own, NULL);
        sigaction(SIGSEGV, &action, NULL);
    }
    if (strcmp(what, "thread") == 0 && pthread_create(&thread, NULL, sink_in_thread, NULL) == 0)
        pthread_join(thread, NULL);
    else if (sigsetjmp(back, 1) == 0)
        sink(0, NULL);
    for (int i = 0; i < 100; i++)
        free(keep(malloc((size_t)i + 1)));
    _exit(0);
}
