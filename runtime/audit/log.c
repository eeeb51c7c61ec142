/* The file of the audit log; the contract stands in the header. */
#include "audit/log.h"

#include "audit/audit.h"
#include "audit/say.h"
#include "base/text.h"
#include "plat/process.h"
#include "plat/sys.h"

#include <errno.h>
#include <limits.h>

/* All that a process waits for who reads its log from a pipe, and does not. */
#define PATIENCE_MS 2000
#define WAIT_MS 20

static struct {
    char path[PATH_MAX]; /* absolute; "" while there is no log */
    int fd;              /* -1 when it has to be opened again */
    struct cst_file_id id;
    pid_t process; /* whose descriptor `fd` is */
    bool cut;      /* the last write was cut short: the line it left has no end */
    bool complained;
    int patience_ms; /* left for waiting until a pipe has room */
} log_file = {.fd = -1, .patience_ms = PATIENCE_MS};

static bool is_log(const struct cst_file_id *id)
{
    return id->device == log_file.id.device && id->inode == log_file.id.inode;
}

/* 0, or why the file may not be written to. What was the log before stays it, whoever the process has become. */
static int judge(int fd, const struct cst_file_id *id)
{
    return is_log(id) ? 0 : cst_sys_judge_own(fd);
}

static int open_descriptor(struct cst_file_id *out_id)
{
    struct cst_file_id id;
    int fd = cst_sys_open_append(log_file.path, 0600);
    if (fd < 0) {
        return fd;
    }
    fd = cst_process_raise_fd(fd);
    int refused = cst_sys_file_id(fd, &id) ? judge(fd, &id) : -EBADF;
    if (refused != 0) {
        cst_sys_close(fd);
        return refused;
    }
    *out_id = id;
    return fd;
}

/* False when the result does not fit. */
static bool make_absolute(const char *path)
{
    struct cst_text text;
    cst_text_init(&text, log_file.path, sizeof log_file.path, 0);
    if (path[0] != '/') {
        char directory[PATH_MAX];
        if (!cst_process_read_link("/proc/self/cwd", directory, sizeof directory)) {
            directory[0] = '\0';
        }
        cst_text_format(&text, "%s%s", directory, directory[0] != '\0' ? "/" : "");
    }
    cst_text_string(&text, path);
    return text.losses == 0;
}

int cst_log_open(const char *path)
{
    int fd = make_absolute(path) ? open_descriptor(&log_file.id) : -ENAMETOOLONG;
    if (fd < 0) {
        log_file.path[0] = '\0';
        return -fd;
    }
    log_file.fd = fd;
    log_file.process = cst_sys_pid();
    return 0;
}

bool cst_log_is_open(void)
{
    return log_file.path[0] != '\0';
}

static void complain(const char *what, ssize_t result)
{
    if (log_file.complained) {
        return;
    }
    log_file.complained = true;
    cst_audit_say("the log '%s' %s: %s", log_file.path, what,
                  result < 0 ? cst_say_reason((int)-result) : "only part of a line was written");
}

/* Writes all bytes. Of a pipe, a part may go in first. Bytes written, or -errno when none were. */
static ssize_t write_all(int fd, const char *bytes, size_t size)
{
    size_t done = 0;
    ssize_t written;
    for (;;) {
        written = cst_process_write(fd, bytes + done, size - done);
        done += written > 0 ? (size_t)written : 0;
        if (done == size || (written < 0 && written != -EAGAIN) || log_file.patience_ms <= 0) {
            break;
        }
        if (!cst_sys_await_room(fd, WAIT_MS)) {
            log_file.patience_ms -= WAIT_MS;
        }
    }
    return done > 0 ? (ssize_t)done : written;
}

static void write_line(int fd, const char *line, size_t size)
{
    if (log_file.cut) {
        log_file.cut = write_all(fd, "\n", 1) != 1;
    }
    ssize_t written = write_all(fd, line, size);
    if (written != (ssize_t)size) {
        log_file.cut = log_file.cut || written > 0;
        complain("could not be written to; findings may be missing from it", written);
    }
}

static bool is_ours(int fd)
{
    struct cst_file_id id;
    return fd >= 0 && cst_sys_file_id(fd, &id) && is_log(&id);
}

/* A descriptor for one line, by a process that shares our memory but not our descriptors (the child of a vfork) or that
 * we were not told of: ours must not be replaced by its numbers. */
static void append_as_guest(const char *line, size_t size)
{
    struct cst_file_id id;
    int fd = open_descriptor(&id);
    if (fd < 0) {
        complain("could not be opened again", fd);
        return;
    }
    write_line(fd, line, size);
    cst_sys_close(fd);
}

void cst_log_append(const char *line, size_t size)
{
    if (is_ours(log_file.fd)) {
        write_line(log_file.fd, line, size);
        return;
    }
    if (cst_sys_pid() != log_file.process) {
        append_as_guest(line, size);
        return;
    }
    log_file.fd = open_descriptor(&log_file.id);
    if (log_file.fd < 0) {
        complain("was closed by the program and could not be opened again", log_file.fd);
        return;
    }
    write_line(log_file.fd, line, size);
}

void cst_log_after_fork(void)
{
    log_file.process = cst_sys_pid();
}
