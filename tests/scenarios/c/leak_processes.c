/* Processes: what a parent lost is told once, by the parent; a child tells what it lost itself. Every way to end tells:
 * exit, _exit, quick_exit. A process that becomes another program tells nothing.
 *
 * @flags -pthread
 * @run lost-before-fork
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=601 alloc=$prog
 * @run lost-in-child
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=602 alloc=$prog
 * @run lost-in-both
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=603 alloc=$prog
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=604 alloc=$prog
 * @run lost-inherited
 * @forbid leak bytes=605
 * @run freed-inherited
 * @forbid leak bytes=605
 * @run lost-in-grandchild
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=606 alloc=$prog
 * @run lost-forked-by-thread
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=607 alloc=$prog
 * @run held-forked-by-thread
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=607 alloc=$prog
 * @run held-in-child
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=602 alloc=$prog
 * @run lost-_exit
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=608 alloc=$prog
 * @run held-_exit
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=608 alloc=$prog
 * @run lost-quick_exit
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=609 alloc=$prog
 * @run held-quick_exit
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=609 alloc=$prog
 * @run held-exec
 * @forbid leak bytes=610
 * @run held-exit-in-handler
 * @expect leak note exact owner=$prog/c/malloc class=reachable blocks=1 bytes=611 alloc=$prog
 * @run lost-exit-in-handler
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=611 alloc=$prog
 */
#include "keep.h"
#include "leaks.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile root;
static enum fate fate_now;

__attribute__((noinline)) static void *block_of(size_t size)
{
    return keep(calloc(1, size));
}

/* A block that is lost, or held by static data. */
static void make(enum fate fate, size_t size)
{
    root = block_of(size);
    if (fate == LOST)
        root = NULL;
}

/* The child runs `body` and ends as a program does. */
static void in_child(void (*body)(void))
{
    int status;
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        body();
        forget();
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        abort();
}

static void nothing(void)
{
}

static void before_fork(enum fate fate)
{
    make(fate, 601);
    in_child(nothing);
}

static void make_602(void)
{
    make(fate_now, 602);
}

static void child(enum fate fate)
{
    fate_now = fate;
    in_child(make_602);
}

static void make_604(void)
{
    make(LOST, 604);
}

static void both(enum fate fate)
{
    make(fate, 603);
    in_child(make_604);
}

static void drop_root(void)
{
    root = NULL;
}

/* The child has what its parent made, or forgets it; the parent releases it. */
static void inherited(enum fate fate)
{
    make(HELD, 605);
    in_child(fate == LOST ? drop_root : nothing);
    free(root);
    root = NULL;
}

static void make_606(void)
{
    make(LOST, 606);
}

static void have_child(void)
{
    in_child(make_606);
}

static void grandchild(enum fate fate)
{
    (void)fate;
    in_child(have_child);
}

/* In the child, the only thread is one that was not the main one, on the stack that it had. */
static void *fork_and_hold(void *unused)
{
    int status;
    pid_t made = fork();
    if (made == 0) {
        void *volatile block = block_of(607);
        if (fate_now == LOST)
            block = NULL;
        keep((void *)&block);
        forget();
        exit(0);
    }
    if (made < 0 || waitpid(made, &status, 0) != made || !WIFEXITED(status))
        abort();
    return unused;
}

static void forked_by_thread(enum fate fate)
{
    pthread_t thread;
    fate_now = fate;
    if (pthread_create(&thread, NULL, fork_and_hold, NULL) != 0)
        abort();
    pthread_join(thread, NULL);
}

static void underscore_exit(enum fate fate)
{
    make(fate, 608);
    forget();
    puts("done");
    fflush(stdout);
    _exit(0);
}

static void quick(enum fate fate)
{
    make(fate, 609);
    forget();
    puts("done");
    fflush(stdout);
    quick_exit(0);
}

static void become_another(enum fate fate)
{
    make(fate, 610);
    execlp("echo", "echo", "done", (char *)NULL);
    abort();
}

static void end_in_handler(int number)
{
    (void)number;
    leave();
}

/* The program is ended by a signal's handler; the block is known to the frame that was interrupted. */
static void exit_in_handler(enum fate fate)
{
    void *volatile block = block_of(611);
    if (fate == LOST)
        block = NULL;
    keep((void *)&block);
    signal(SIGUSR1, end_in_handler);
    raise(SIGUSR1);
}

static const struct leak_case cases[] = {
    {"before-fork", before_fork},
    {"in-child", child},
    {"in-both", both},
    {"inherited", inherited},
    {"in-grandchild", grandchild},
    {"forked-by-thread", forked_by_thread},
    {"_exit", underscore_exit},
    {"quick_exit", quick},
    {"exec", become_another},
    {"exit-in-handler", exit_in_handler},
};

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
