/* Questions on Linux: see socket.h. A question takes a while, and meanwhile the program may close descriptors that it knows
 * nothing of, and get the number back for something else: so each use of ours is preceded by a look at what it is. */
#include "plat/socket.h"

#include "plat/process.h"
#include "plat/sys.h"
#include "plat/syscall_x86_64.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

/* A question under way. */
struct question {
    int fd;
    struct cst_file_id id;
    uint64_t deadline; /* by cst_sys_monotonic_ns */
};

static bool is_ours(const struct question *question)
{
    struct cst_file_id id;
    return cst_sys_file_id(question->fd, &id) && id.device == question->id.device && id.inode == question->id.inode;
}

static void close_ours(const struct question *question)
{
    if (is_ours(question)) {
        cst_sys_close(question->fd);
    }
}

/* Questions under way. Who finds no place goes without: after a fork the child then has a descriptor too many, as it has
 * when the place was being filled. */
#define OPEN_MAX_NOTED 8
enum { PLACE_FREE, PLACE_TAKEN, PLACE_FILLED };
static struct {
    _Atomic int state;
    struct question question;
} open_now[OPEN_MAX_NOTED];

static void note_open(const struct question *question)
{
    for (size_t i = 0; i < OPEN_MAX_NOTED; i++) {
        int unused = PLACE_FREE;
        if (atomic_compare_exchange_strong(&open_now[i].state, &unused, PLACE_TAKEN)) {
            open_now[i].question = *question;
            atomic_store(&open_now[i].state, PLACE_FILLED);
            return;
        }
    }
}

static void forget_open(const struct question *question)
{
    for (size_t i = 0; i < OPEN_MAX_NOTED; i++) {
        if (atomic_load(&open_now[i].state) == PLACE_FILLED && open_now[i].question.fd == question->fd) {
            atomic_store(&open_now[i].state, PLACE_FREE);
            return;
        }
    }
}

void cst_socket_after_fork(void)
{
    for (size_t i = 0; i < OPEN_MAX_NOTED; i++) {
        if (atomic_exchange(&open_now[i].state, PLACE_FREE) == PLACE_FILLED) {
            close_ours(&open_now[i].question);
        }
    }
}

/* Time left, in nanoseconds; 0 when it is up. */
static uint64_t time_left(const struct question *question)
{
    uint64_t now = cst_sys_monotonic_ns();
    return question->deadline > now ? question->deadline - now : 0;
}

static struct timespec as_timespec(uint64_t nanoseconds)
{
    return (struct timespec){.tv_sec = (time_t)(nanoseconds / NS_PER_S), .tv_nsec = (long)(nanoseconds % NS_PER_S)};
}

/* Connecting waits while too many others are waiting to be accepted. */
static void limit_connecting(const struct question *question)
{
    uint64_t left = time_left(question);
    struct timeval limit = {.tv_sec = (time_t)(left / NS_PER_S), .tv_usec = (suseconds_t)(left % NS_PER_S / 1000) + 1};
    cst_syscall6(SYS_setsockopt, question->fd, SOL_SOCKET, SO_SNDTIMEO, (long)&limit, sizeof limit, 0);
}

static int connect_to(const struct question *question, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof address.sun_path) {
        return -EINVAL;
    }
    memcpy(address.sun_path + 1, name, length); /* behind a NUL: an abstract name */
    long size = (long)(offsetof(struct sockaddr_un, sun_path) + 1 + length), result;
    do {
        limit_connecting(question);
        result = cst_syscall3(SYS_connect, question->fd, (long)&address, size);
    } while (result == -EINTR && time_left(question) != 0 && is_ours(question));
    return result == -EAGAIN || result == -EINTR ? -ETIMEDOUT : (int)result;
}

/* 0 once there is something to read. */
static int await_answer(const struct question *question)
{
    struct pollfd wanted = {.fd = question->fd, .events = POLLIN};
    long result;
    uint64_t left;
    do {
        left = time_left(question);
        struct timespec limit = as_timespec(left);
        result = cst_syscall6(SYS_ppoll, (long)&wanted, 1, (long)&limit, 0, 0, 0);
    } while (result == -EINTR && left != 0);
    return result > 0 ? 0 : result == 0 || result == -EINTR ? -ETIMEDOUT : (int)result;
}

static int take_answer(const struct question *question)
{
    unsigned char answer = 0;
    long got = cst_syscall6(SYS_recvfrom, question->fd, (long)&answer, 1, MSG_DONTWAIT, 0, 0);
    return got == 1 ? answer : got == 0 ? -ECONNRESET : (int)got;
}

static int ask(const struct question *question, const char *name, const void *message, size_t size)
{
    int result = connect_to(question, name);
    if (result == 0 && !is_ours(question)) {
        result = -EBADF;
    }
    if (result == 0) {
        long sent =
            cst_syscall6(SYS_sendto, question->fd, (long)message, (long)size, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
        result = sent < 0 ? (int)sent : await_answer(question);
    }
    if (result == 0) {
        result = is_ours(question) ? take_answer(question) : -EBADF;
    }
    return result;
}

int cst_socket_ask(const char *name, const void *message, size_t size, uint64_t timeout_ns)
{
    struct question question = {.deadline = cst_sys_monotonic_ns() + timeout_ns};
    long fd = cst_syscall3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return (int)fd;
    }
    question.fd = cst_process_raise_fd((int)fd);
    if (!cst_sys_file_id(question.fd, &question.id)) {
        return -EBADF;
    }
    note_open(&question);
    int answer = ask(&question, name, message, size);
    forget_open(&question);
    close_ours(&question);
    return answer;
}
