/* Log files for `run`; see log_file.h. */
#include "log_file.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* Room for some lines is asked for, and given back. */
const char *cst_log_file_why_full(const char *path)
{
    struct stat status;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return NULL;
    }
    bool refused = fstat(fd, &status) == 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, status.st_size, ROOM) != 0;
    int error = errno;
    if (!refused) {
        (void)!ftruncate(fd, status.st_size);
    }
    close(fd);
    return refused && (error == ENOSPC || error == EDQUOT) ? strerror(error) : NULL;
}
