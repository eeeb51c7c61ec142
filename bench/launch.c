/* Runs a command and says what it took. A process inherits, as its largest resident size, that of the process that starts
 * it; this one is small, so that the figure is the command's own.
 *
 * Usage: launch OUTPUT [NAME=VALUE...] COMMAND [ARG...]. The variables are for the command alone. What it prints goes to
 * the file OUTPUT, what it complains of to OUTPUT.err. Prints its exit status, the seconds from its start to its end, its
 * processor time in seconds, the largest resident size, in KiB, of it or of a process below it that was waited for, and
 * the time at its end (CLOCK_MONOTONIC, seconds). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOT_STARTED 127

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
    exit(NOT_STARTED);
}

/* Makes the descriptor lead to a file, emptied. */
static void redirect(int descriptor, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || dup2(file, descriptor) < 0)
        fail(path);
}

/* What the child does. */
static _Noreturn void become(const char *output, char **words)
{
    char errors[4096];
    snprintf(errors, sizeof errors, "%s.err", output);
    redirect(STDERR_FILENO, errors);
    redirect(STDOUT_FILENO, output);
    for (; *words && strchr(*words, '='); words++)
        putenv(*words);
    if (*words)
        execvp(*words, words);
    fail(*words ? *words : "no command");
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s OUTPUT [NAME=VALUE...] COMMAND [ARG...]\n", argv[0]);
        return 2;
    }
    double begin = now();
    pid_t child = fork();
    if (child == 0)
        become(argv[1], argv + 2);
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        fail("fork");
    double end = now();
    int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    printf("%d %.6f %.6f %ld %.9f\n", exit_status, end - begin, seconds(usage.ru_utime) + seconds(usage.ru_stime),
           usage.ru_maxrss, end);
    return 0;
}
