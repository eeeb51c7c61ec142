/* Runs a command; see launch.h. */
#include "launch.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Signals whose handling differs while a command runs. */
static const int handled[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
#define HANDLED_COUNT (sizeof handled / sizeof *handled)

/* What was in force before. */
struct before {
    struct sigaction actions[HANDLED_COUNT];
    sigset_t mask;
};

static volatile sig_atomic_t child;  /* for pass_on; 0 when there is none */
static volatile sig_atomic_t helper; /* for wake_helper; likewise */

static void pass_on(int number)
{
    int saved = errno;
    if (child > 0) {
        kill((pid_t)child, number);
    }
    errno = saved;
}

/* The command would wait for a helper that somebody stopped. */
static void wake_helper(int number)
{
    (void)number;
    int saved = errno;
    siginfo_t stopped = {.si_pid = 0};
    if (helper > 0 && waitid(P_PID, (id_t)helper, &stopped, WSTOPPED | WNOHANG) == 0 && stopped.si_pid != 0) {
        kill((pid_t)helper, SIGCONT);
    }
    errno = saved;
}

static void (*handler_of(int number))(int)
{
    switch (number) {
    case SIGINT:
    case SIGQUIT:
        return SIG_IGN;
    case SIGCHLD:
        return wake_helper;
    default:
        return pass_on;
    }
}

/* Blocks the handled signals and sets our handling, until `restore`. What nohup ignores stays ignored; but
 * of children that are ignored nobody learns how they ended. */
static void take_signals(struct before *before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        sigaddset(&set, handled[i]);
    }
    sigprocmask(SIG_BLOCK, &set, &before->mask);
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        struct sigaction action = {.sa_handler = handler_of(handled[i]), .sa_flags = SA_RESTART};
        sigaction(handled[i], NULL, &before->actions[i]);
        if (before->actions[i].sa_handler != SIG_IGN || handled[i] == SIGCHLD) {
            sigaction(handled[i], &action, NULL);
        }
    }
}

static void restore_signals(const struct before *before)
{
    for (size_t i = 0; i < HANDLED_COUNT; i++) {
        sigaction(handled[i], &before->actions[i], NULL);
    }
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* In the child: becomes the command, or tells the parent why not. */
_Noreturn static void become(const char *path, char **argv, const struct before *before, int report)
{
    restore_signals(before);
    execv(path, argv);
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 126 : 125);
}

/* The child's errno if it could not execute, else 0: the pipe closes on execution. */
static int read_report(int report)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(report, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static void await(pid_t pid, struct cst_launch_end *end)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

bool cst_launch(const char *path, char **argv, pid_t helper_process, struct cst_launch_end *out_end)
{
    *out_end = (struct cst_launch_end){0};
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        cst_say("run: cannot make a pipe: %s", strerror(errno));
        return false;
    }
    struct before before;
    helper = (sig_atomic_t)helper_process;
    take_signals(&before);
    pid_t pid = fork();
    if (pid == 0) {
        become(path, argv, &before, report[1]);
    }
    int error = errno;
    close(report[1]);
    if (pid > 0) {
        child = (sig_atomic_t)pid;
        sigprocmask(SIG_SETMASK, &before.mask, NULL);
        out_end->error = read_report(report[0]);
        out_end->started = out_end->error == 0;
        await(pid, out_end);
        child = 0;
    } else {
        cst_say("run: cannot make a process: %s", strerror(error));
    }
    close(report[0]);
    restore_signals(&before);
    helper = 0;
    return pid > 0;
}
