/* The process on Linux: see process.h. */
#include "plat/process.h"

#include "plat/sys.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#define SIGNAL_BIT(signal) ((cst_signals)1 << ((signal)-1))

/* Raised by the instruction that a thread executes: holding them back would only turn a fault into a kill. */
#define FAULTS \
    (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGTRAP) | \
     SIGNAL_BIT(SIGSYS))

bool cst_process_read_link(const char *path, char *out_target, size_t size)
{
    long length = cst_syscall3(SYS_readlink, (long)path, (long)out_target, (long)size);
    bool good = length > 0 && (size_t)length < size;
    out_target[good ? length : 0] = '\0';
    return good;
}

pid_t cst_process_parent(void)
{
    return (pid_t)cst_syscall3(SYS_getppid, 0, 0, 0);
}

bool cst_process_exists(pid_t id)
{
    return cst_syscall3(SYS_tkill, id, 0, 0) != -ESRCH;
}

int cst_process_fd_limit(void)
{
    struct rlimit limit = {0};
    if (cst_syscall3(SYS_getrlimit, RLIMIT_NOFILE, (long)&limit, 0) != 0 || limit.rlim_cur > INT_MAX) {
        return INT_MAX;
    }
    return (int)limit.rlim_cur;
}

bool cst_process_fd_write_only(int fd)
{
    long flags = cst_syscall3(SYS_fcntl, fd, F_GETFL, 0);
    return flags >= 0 && (flags & O_ACCMODE) == O_WRONLY;
}

int cst_process_copy_fd(int fd, int minimum)
{
    return (int)cst_syscall3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, minimum);
}

static cst_signals set_blocked(cst_signals blocked)
{
    cst_signals before = 0;
    cst_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked, (long)&before, sizeof blocked, 0, 0);
    return before;
}

cst_signals cst_process_block_signals(void)
{
    return set_blocked(~FAULTS);
}

void cst_process_restore_signals(cst_signals blocked)
{
    set_blocked(blocked);
}

static cst_signals pending_signals(void)
{
    cst_signals pending = 0;
    cst_syscall3(SYS_rt_sigpending, (long)&pending, sizeof pending, 0);
    return pending;
}

/* Takes a signal that is held back and pending out of the queue, so that it is never delivered. */
static void swallow(cst_signals signals)
{
    struct timespec at_once = {0};
    cst_syscall6(SYS_rt_sigtimedwait, (long)&signals, 0, (long)&at_once, sizeof signals, 0, 0);
}

ssize_t cst_process_write(int fd, const void *bytes, size_t size)
{
    const cst_signals ours = SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGXFSZ);
    cst_signals before = cst_process_block_signals();
    cst_signals theirs = pending_signals();
    ssize_t written = cst_sys_write(fd, bytes, size);
    if ((written == -EPIPE || written == -EFBIG) && (theirs & ours) == 0) {
        swallow(ours);
    }
    cst_process_restore_signals(before);
    return written;
}

void cst_process_yield(void)
{
    cst_syscall3(SYS_sched_yield, 0, 0, 0);
}
