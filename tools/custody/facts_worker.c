/* Facts made in a process of its own; see facts_worker.h. */
#include "facts_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Memory that one file may cost; its own size counts, since libdwfl maps it so that it can be written. */
#define WORK_BYTES ((rlim_t)4 << 30)

/* Ends with its parent, after `seconds`, and when memory is used up. */
static void set_limits(pid_t parent, unsigned seconds)
{
    const struct rlimit memory = {WORK_BYTES, WORK_BYTES}, core = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    signal(SIGTERM, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_DATA, &memory);
    setrlimit(RLIMIT_CORE, &core);
    alarm(seconds);
    if (getppid() != parent) {
        _exit(1);
    }
}

/* In the child. What there is to tell fits into the pipe. */
_Noreturn static void work(const struct cst_facts_order *order, int answer)
{
    struct cst_facts_made made;
    (void)cst_facts_cache_make(order, &made);
    _exit(write(answer, &made, sizeof made) == (ssize_t)sizeof made ? 0 : 1);
}

/* False when the child ended without an answer. */
static bool read_answer(int answer, struct cst_facts_made *made)
{
    ssize_t got;
    do {
        got = read(answer, made, sizeof *made);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *made;
}

static int await(pid_t worker)
{
    int status = 0;
    while (waitpid(worker, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* Why a worker that ended with `status` gave no answer. */
static void tell_end(int status, unsigned seconds, struct cst_facts_made *made)
{
    *made = (struct cst_facts_made){0};
    if (!WIFSIGNALED(status)) {
        snprintf(made->trouble, sizeof made->trouble, "given up: it takes too much memory");
    } else if (WTERMSIG(status) == SIGALRM) {
        snprintf(made->trouble, sizeof made->trouble, "given up: it takes longer than %u s", seconds);
    } else {
        snprintf(made->trouble, sizeof made->trouble,
                 "given up: damaged, the reader of it was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    }
}

/* Starts the child, whose answer comes from `out_answer`. -1 with errno set. */
static pid_t start(const struct cst_facts_order *order, unsigned seconds, int *out_answer)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t worker = fork();
    if (worker == 0) {
        set_limits(parent, seconds);
        work(order, ends[1]);
    }
    int error = errno;
    close(ends[1]);
    if (worker < 0) {
        close(ends[0]);
        errno = error;
    }
    *out_answer = ends[0];
    return worker;
}

bool cst_facts_worker_make(const struct cst_facts_order *order, unsigned seconds, struct cst_facts_made *out_made)
{
    int answer;
    *out_made = (struct cst_facts_made){0};
    pid_t worker = start(order, seconds, &answer);
    if (worker < 0) {
        out_made->untried = true;
        snprintf(out_made->trouble, sizeof out_made->trouble, "cannot make a process: %s", strerror(errno));
        return false;
    }
    bool answered = read_answer(answer, out_made);
    close(answer);
    int status = await(worker);
    if (!answered) {
        tell_end(status, seconds, out_made);
    }
    return out_made->done;
}
