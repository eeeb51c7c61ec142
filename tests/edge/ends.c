/* Every way in which a process ends, after it did something wrong: the finding is in the log, the end is the program's
 * own.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run exit
 * @exit 4
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run return
 * @exit 5
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run _exit
 * @exit 6
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run _Exit
 * @exit 7
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run quick_exit
 * @exit 8
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run abort
 * @exit 134
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run kill
 * @exit 137
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run segv
 * @exit 139
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run term
 * @exit 143
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run thread
 * @exit 9
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run atexit
 * @exit 0
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 * @run destructor
 * @exit 0
 * @expect double-free error exact size=81 owner=$prog/c/malloc
 */
#include "keep.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool late;

static void release_twice(void)
{
    void *block = keep(malloc(81));
    void *again = keep(block);
    free(block);
    free(again);
}

__attribute__((destructor)) static void at_the_very_end(void)
{
    if (late)
        release_twice();
}

static void *leave_from_thread(void *unused)
{
    exit(9);
    return unused;
}

static void leave(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "exit") == 0)
        exit(4);
    else if (strcmp(how, "_exit") == 0)
        _exit(6);
    else if (strcmp(how, "_Exit") == 0)
        _Exit(7);
    else if (strcmp(how, "quick_exit") == 0)
        quick_exit(8);
    else if (strcmp(how, "abort") == 0)
        abort();
    else if (strcmp(how, "kill") == 0)
        raise(SIGKILL);
    else if (strcmp(how, "segv") == 0)
        *(volatile char *)keep((void *)8) = 1;
    else if (strcmp(how, "term") == 0)
        raise(SIGTERM);
    else if (strcmp(how, "thread") == 0 && pthread_create(&thread, NULL, leave_from_thread, NULL) == 0)
        pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "return";
    puts("done");
    fflush(stdout);
    if (strcmp(how, "atexit") == 0) {
        atexit(release_twice);
        return 0;
    }
    late = strcmp(how, "destructor") == 0;
    if (late)
        return 0;
    release_twice();
    leave(how);
    return 5;
}
