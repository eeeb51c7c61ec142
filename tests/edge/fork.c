/* Children by fork, from threads that allocate at that moment, by vfork and by posix_spawn. A child of fork goes on
 * audited, under its own pid: what it does wrong is found, and the parent is not blamed.
 *
 * @builds cc=gcc opt=0,2
 * @flags -pthread
 * @run busy
 * @compare
 * @run child
 * @expect double-free error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=91
 * @run both
 * @expect double-free error exact size=92 owner=$prog/c/malloc
 * @expect double-free error exact size=92 owner=$prog/c/malloc
 * @run inherited
 * @expect double-free error exact size=93 owner=$prog/c/malloc by=$prog/c/malloc
 * @run vfork
 * @compare
 * @run spawn
 * @compare
 */
#include "keep.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static atomic_bool stop;

static void release_twice(size_t size)
{
    void *block = keep(malloc(size));
    void *again = keep(block);
    free(block);
    free(again);
}

static void *keep_busy(void *unused)
{
    while (!stop)
        free(keep(realloc(keep(malloc(100)), 5000)));
    return unused;
}

static int status_of(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static int work_in_child(int number)
{
    for (int i = 0; i < 200; i++)
        free(keep(strdup("a child's string")));
    char *text = NULL;
    int length = asprintf(&text, "%d", number);
    free(text);
    return length == 1 ? number : 100;
}

static void fork_while_busy(void)
{
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, keep_busy, NULL);
    int sum = 0;
    for (int i = 0; i < 60; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(work_in_child(i % 10));
        sum += status_of(child);
    }
    stop = true;
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("children answered %d\n", sum);
}

static void in_child(void (*act)(size_t), size_t size)
{
    pid_t child = fork();
    if (child == 0) {
        act(size);
        exit(0);
    }
    if (status_of(child) != 0)
        puts("the child failed");
}

static void run_true_by_vfork(void)
{
    pid_t child = vfork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(127);
    }
    printf("vfork: %d\n", status_of(child));
}

static void run_echo_by_spawn(void)
{
    char *argv[] = {"echo", "spawned", NULL};
    pid_t child = -1;
    fflush(stdout);
    int error = posix_spawnp(&child, "echo", NULL, NULL, argv, environ);
    printf("posix_spawn: %d, %d\n", error, status_of(child));
    printf("system: %d\n", system("exit 3") >> 8);
    FILE *pipe = popen("echo from a pipe", "r");
    char line[64] = "";
    printf("popen: %s", fgets(line, sizeof line, pipe));
    printf("pclose: %d\n", pclose(pipe));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "busy";
    if (strcmp(what, "busy") == 0) {
        fork_while_busy();
        return 0;
    }
    if (strcmp(what, "vfork") == 0) {
        for (int i = 0; i < 5; i++)
            run_true_by_vfork();
        return 0;
    }
    if (strcmp(what, "spawn") == 0) {
        run_echo_by_spawn();
        return 0;
    }
    if (strcmp(what, "child") == 0) {
        in_child(release_twice, 91);
    } else if (strcmp(what, "both") == 0) {
        release_twice(92);
        in_child(release_twice, 92);
    } else {
        void *block = keep(malloc(93));
        void *again = keep(block);
        pid_t child = fork();
        if (child == 0) {
            free(block);
            free(again);
            exit(0);
        }
        status_of(child);
        free(block);
    }
    puts("done");
    return 0;
}
