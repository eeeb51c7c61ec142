/* The process on Linux: see process.h. */
#include "plat/process.h"

#include "plat/sys.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
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

/* One record of getdents64(2). */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* The number that `text` is; 0 when it is none. */
static int read_number(const char *text)
{
    int number = 0;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): written by the kernel, behind the analyser's back */
    for (; *text >= '0' && *text <= '9' && number < INT_MAX / 10; text++) {
        number = number * 10 + (*text - '0');
    }
    return *text == '\0' ? number : 0;
}

bool cst_process_each_number(const char *path, void (*visit)(int number, void *data), void *data)
{
    _Alignas(struct entry) char entries[1024] = {0}; /* stacks may be small */
    int folder = cst_sys_open_read(path);
    if (folder < 0) {
        return false;
    }
    long size;
    while ((size = cst_syscall3(SYS_getdents64, folder, (long)entries, sizeof entries)) > 0) {
        const struct entry *entry;
        for (long at = 0; at < size; at += entry->size) {
            entry = (const void *)(entries + at);
            int number = read_number(entry->name);
            if (number > 0) {
                visit(number, data);
            }
        }
    }
    cst_sys_close(folder);
    return size == 0;
}

pid_t cst_process_parent(void)
{
    return (pid_t)cst_syscall3(SYS_getppid, 0, 0, 0);
}

bool cst_process_exists(pid_t id)
{
    return cst_syscall3(SYS_tkill, id, 0, 0) != -ESRCH;
}

/* Writes "/proc/self/task/TID/status". */
static void name_status(pid_t tid, char out_path[64])
{
    static const char before[] = "/proc/self/task/", after[] = "/status";
    char digits[16];
    size_t count = 0, length = sizeof before - 1;
    memcpy(out_path, before, length);
    for (; tid > 0 && count < sizeof digits; tid /= 10) {
        digits[count++] = (char)('0' + tid % 10);
    }
    while (count > 0) {
        out_path[length++] = digits[--count];
    }
    memcpy(out_path + length, after, sizeof after);
}

/* What follows the label at the beginning of a line of `text`, blanks left out; "" when no line has it. */
static const char *value_of(const char *text, const char *label)
{
    const char *line = strstr(text, label);
    if (line == NULL) {
        return "";
    }
    line += strlen(label);
    return line + strspn(line, " \t");
}

static cst_signals read_hex(const char *text)
{
    cst_signals number = 0;
    for (;; text++) {
        unsigned digit = (unsigned)(*text >= 'a' ? *text - 'a' + 10 : *text - '0');
        if (*text == '\0' || digit > 15) {
            return number;
        }
        number = number << 4 | digit;
    }
}

enum cst_process_hearing cst_process_hearing(pid_t tid, int signal)
{
    char path[64], text[4096];
    name_status(tid, path);
    int fd = cst_sys_open_read(path);
    if (fd < 0) {
        return fd == -ENOENT ? CST_PROCESS_ENDED : CST_PROCESS_HEARS;
    }
    ssize_t size = cst_sys_read(fd, text, sizeof text - 1);
    cst_sys_close(fd);
    text[size > 0 ? size : 0] = '\0';
    char state = value_of(text, "\nState:")[0];
    if (state == 'Z' || state == 'X') {
        return CST_PROCESS_ENDED;
    }
    return read_hex(value_of(text, "\nSigBlk:")) & SIGNAL_BIT(signal) ? CST_PROCESS_DEAF : CST_PROCESS_HEARS;
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

/* Shells use 10 to 255 for their own; few programs have 900 at once. */
#define RAISED_DESCRIPTOR 900

int cst_process_raise_fd(int fd)
{
    int limit = cst_process_fd_limit();
    for (int minimum = limit > RAISED_DESCRIPTOR ? RAISED_DESCRIPTOR : limit - 1; minimum > fd; minimum /= 2) {
        int raised = cst_process_copy_fd(fd, minimum);
        if (raised >= 0) {
            cst_sys_close(fd);
            return raised;
        }
    }
    return fd;
}

static cst_signals set_blocked(cst_signals blocked)
{
    cst_signals before = 0;
    cst_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&blocked, (long)&before, sizeof blocked, 0, 0);
    return before;
}

/* glibc's SIGSETXID: threads are halted by it (plat/halt.h), and it never runs code of the program's. */
#define HALT SIGNAL_BIT(33)

cst_signals cst_process_block_signals(void)
{
    return set_blocked(~(FAULTS | HALT));
}

cst_signals cst_process_block_halt(void)
{
    return set_blocked(~FAULTS);
}

void cst_process_restore_signals(cst_signals blocked)
{
    set_blocked(blocked);
}

bool cst_process_on_signal_stack(uintptr_t stack_pointer)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    cst_syscall3(SYS_sigaltstack, 0, (long)&stack, 0);
    return !(stack.ss_flags & SS_DISABLE) && stack_pointer - (uintptr_t)stack.ss_sp <= stack.ss_size;
}

uintptr_t cst_process_signal_stack(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    cst_syscall3(SYS_sigaltstack, 0, (long)&stack, 0);
    return stack.ss_flags & SS_DISABLE ? 0 : (uintptr_t)stack.ss_sp;
}

void cst_process_drop_signal_stack(struct cst_signal_stack *out_before)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t before = {.ss_flags = SS_DISABLE};
    cst_syscall3(SYS_sigaltstack, (long)&none, (long)&before, 0);
    *out_before =
        (struct cst_signal_stack){.lo = (uintptr_t)before.ss_sp, .size = before.ss_size, .flags = before.ss_flags};
}

void cst_process_put_signal_stack(const struct cst_signal_stack *before)
{
    const stack_t stack = {.ss_sp = (void *)before->lo, .ss_size = before->size, .ss_flags = before->flags};
    cst_syscall3(SYS_sigaltstack, (long)&stack, 0, 0);
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

bool cst_process_wait(_Atomic uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    const struct timespec limit = {.tv_sec = (time_t)(nanoseconds / UINT64_C(1000000000)),
                                   .tv_nsec = (long)(nanoseconds % UINT64_C(1000000000))};
    return cst_syscall6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, nanoseconds ? (long)&limit : 0, 0, 0) !=
           -ETIMEDOUT;
}

void cst_process_wake(_Atomic uint32_t *word)
{
    cst_syscall6(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, 0, 0);
}

void cst_process_yield(void)
{
    cst_syscall3(SYS_sched_yield, 0, 0, 0);
}
