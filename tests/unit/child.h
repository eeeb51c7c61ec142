/* A function run in a process of its own: for what may be done once a process only, changes limits, or may crash. In the
 * child `require` takes the place of CMocka's assertions, which belong to the parent. Header only, for tests. */
#ifndef TESTS_UNIT_CHILD_H
#define TESTS_UNIT_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_FAILED 97

/** Ends the child, saying where, unless `condition` holds. */
#define require(condition) \
    do { \
        if (!(condition)) { \
            (void)dprintf(STDERR_FILENO, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            _exit(CHILD_FAILED); \
        } \
    } while (0)

/** Exit status of a child that called `run`, 128 + N when signal N ended it, -1 when there was no child. */
static inline int in_a_child(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
