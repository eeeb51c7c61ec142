/* Log files for `run`; see log_file.h. */
#include "log_file.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Bytes that a few lines of the log take. */
#define ROOM (64 * 1024)

static const char *why_not_open(int error)
{
    switch (error) {
    case ELOOP:
        return "is a symbolic link";
    case EISDIR:
        return "is a directory";
    case ENXIO: /* a pipe that nobody reads, a socket, a device that is not there */
        return "not a regular file";
    default:
        return strerror(error);
    }
}

/* Why the open file is no log of ours, which may be emptied: NULL when it is one. */
static const char *why_not_ours(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return "not a regular file";
    }
    if (status.st_uid != geteuid()) {
        return "it belongs to another user";
    }
    return status.st_nlink > 1 ? "it has other names (hard links)" : NULL;
}

bool cst_log_file_begin(const char *path)
{
    /* Truncated only once it is known to be ours; O_NONBLOCK because a pipe would wait for a reader. */
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0) {
        cst_say("run: cannot write the log %s: %s", path, why_not_open(errno));
        return false;
    }
    const char *refusal = why_not_ours(fd);
    bool begun = !refusal;
    if (refusal) {
        cst_say("run: cannot write the log %s: %s", path, refusal);
    } else if (ftruncate(fd, 0) != 0) {
        cst_say("run: cannot empty the log %s: %s", path, strerror(errno));
        begun = false;
    }
    close(fd);
    return begun;
}

const char *cst_log_file_temporary(struct cst_arena *arena)
{
    const char *directory = getenv("TMPDIR");
    /* A relative directory would move with the command, and ':' cannot stand in CUSTODY_OPTIONS. */
    if (!directory || directory[0] != '/' || strchr(directory, ':')) {
        directory = "/tmp";
    }
    char *path = cst_arena_format(arena, "%s/custody-XXXXXX", directory);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        cst_say("run: cannot make a temporary log in %s: %s", directory, strerror(errno));
        return NULL;
    }
    close(fd);
    return path;
}

/* A file without a name beside the log: a process that still runs may be writing to the log itself. */
static int open_beside(const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 1;
    if (length >= sizeof directory) {
        return -1;
    }
    memcpy(directory, slash ? path : ".", length);
    directory[length] = '\0';
    return open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

/* Asks for room, as the log's next lines would. A limit on the size of files is a signal, too. */
static int ask_for_room(int fd)
{
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    int error = fallocate(fd, 0, 0, ROOM) == 0 ? 0 : errno;
    signal(SIGXFSZ, before);
    return error;
}

/* For file systems that have no files without a name, and for directories that belong to others. */
static int ask_for_space(const char *path)
{
    struct statvfs space;
    return statvfs(path, &space) == 0 && space.f_bavail * space.f_frsize < ROOM ? ENOSPC : 0;
}

const char *cst_log_file_why_full(const char *path)
{
    int fd = open_beside(path);
    int error = fd >= 0 ? ask_for_room(fd) : errno;
    if (fd >= 0) {
        close(fd);
    } else if (error != ENOSPC && error != EDQUOT) {
        error = ask_for_space(path);
    }
    return error == ENOSPC || error == EDQUOT ? strerror(error) : NULL;
}
