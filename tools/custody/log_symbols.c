/* Appending symbols to a log; see log_symbols.h. */
#include "log_symbols.h"

#include "recorder.h"
#include "say.h"
#include "seen_stacks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool put_line(void *context, const char *line, size_t length)
{
    int fd = *(const int *)context;
    ssize_t written = write(fd, line, length);
    if (written >= 0 && (size_t)written < length) {
        /* The disk is full: an end to the line, for whoever writes next. */
        (void)!write(fd, "\n", 1);
        errno = ENOSPC;
        return false;
    }
    return written >= 0;
}

/* A process that was killed may have left a line without an end. */
static bool ends_with_newline(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);
    return size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

/* A process whose deeds are recorded. */
struct deeds {
    struct cst_recorder *recorder;
    const struct cst_log_process *process;
};

static void add_stack(void *context, const struct cst_log_stack *stack)
{
    const struct deeds *deeds = context;
    cst_recorder_add_stack(deeds->recorder, deeds->process, stack);
}

bool cst_log_symbols_append(const char *path, const struct cst_log *log, const struct cst_groups *groups, int severity,
                            struct cst_symbols *symbols)
{
    struct cst_recorder *recorder = cst_recorder_new(symbols);
    for (size_t i = 0; i < groups->count; i++) {
        if ((int)groups->items[i].severity >= severity) {
            cst_recorder_add(recorder, groups->items[i].first);
        }
    }
    for (size_t i = 0; i < log->process_count; i++) {
        struct deeds deeds = {.recorder = recorder, .process = log->processes[i]};
        cst_seen_stacks_visit(deeds.process->seen_stacks, add_stack, &deeds);
    }
    int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    bool ok =
        fd >= 0 && (ends_with_newline(fd) || put_line(&fd, "\n", 1)) && cst_recorder_write(recorder, put_line, &fd);
    if (!ok) {
        cst_say("run: cannot add symbols to the log %s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    cst_recorder_free(recorder);
    return ok;
}
