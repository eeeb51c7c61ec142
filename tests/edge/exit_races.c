/* Ends in the middle of work: exit, _exit, quick_exit, abort and SIGKILL, from one thread, while others allocate, release
 * wrongly and write lines of the log one after another. The status is the program's; every line of the log is whole, and
 * after a process's own end by _exit nothing more is said.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread -ldl
 * @run exit
 * @options events=ownership
 * @exit 4
 * @run _exit
 * @options events=ownership
 * @exit 6
 * @run quick_exit
 * @options events=ownership
 * @exit 8
 * @run both
 * @options events=ownership
 * @exit 9
 * @run abort
 * @options events=ownership
 * @exit 134
 * @run kill
 * @options events=ownership
 * @exit 137
 */
#include "keep.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int (*begin)(uint16_t to, void *buffer, size_t capacity, unsigned flags, uint64_t *out_lease);
static int (*end)(uint64_t lease, size_t length);
static int (*register_side)(const char *name, int lang, uint16_t *out_side);
static uint16_t library;
static atomic_int rounds;

static void *write_lines(void *unused)
{
    void *block = keep(malloc(100));
    for (unsigned round = 0;; round++) {
        uint64_t lease = 0;
        if (round % 64 == 0 && begin && begin(library, block, 100, 2, &lease) == 0)
            end(lease, 100);
        free(keep(malloc(500)));
        atomic_fetch_add(&rounds, 1);
    }
    return unused;
}

static void *leave_too(void *unused)
{
    _exit(9);
    return unused;
}

static void find_functions(void)
{
    *(void **)&begin = dlsym(RTLD_DEFAULT, "custody_lease_begin");
    *(void **)&end = dlsym(RTLD_DEFAULT, "custody_lease_end");
    *(void **)&register_side = dlsym(RTLD_DEFAULT, "custody_side_register");
    if (register_side && register_side("library", 1, &library) != 0)
        abort();
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "exit";
    find_functions();
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, write_lines, NULL);
    }
    while (atomic_load(&rounds) < 1000)
        sched_yield();
    puts("done");
    fflush(stdout);
    if (strcmp(how, "_exit") == 0)
        _exit(6);
    if (strcmp(how, "quick_exit") == 0)
        quick_exit(8);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "kill") == 0)
        kill(getpid(), SIGKILL);
    if (strcmp(how, "both") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, leave_too, NULL);
        _exit(9);
    }
    exit(4);
}
