/* Writing baselines; see baseline_file.h. */
#include "baseline_file.h"

#include "finding_json.h"
#include "recorder.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A baseline under construction. Its processes are numbered from 1: pids mean nothing any more. */
struct baseline {
    FILE *file;
    double now;
    int pid, seq;
};

static bool put_event(struct baseline *baseline, json_t *fields)
{
    json_t *event = json_pack("{s:i, s:O, s:i, s:i, s:f}", "v", 1, "event", json_object_get(fields, "event"), "pid",
                              baseline->pid, "seq", ++baseline->seq, "t", baseline->now);
    bool ok = event && json_object_update_missing(event, fields) == 0 &&
              json_dumpf(event, baseline->file, JSON_COMPACT) == 0 && fputc('\n', baseline->file) != EOF;
    json_decref(fields);
    json_decref(event);
    return ok;
}

static bool put_line(void *context, const char *line, size_t length)
{
    return fwrite(line, 1, length, context) == length;
}

static json_t *start_event(const struct cst_log_process *process)
{
    json_t *object = json_object();
    json_object_set_new(object, "event", json_string("start"));
    json_object_set_new(object, "version", json_string(CUSTODY_VERSION));
    json_object_set_new(object, "options", json_string(""));
    json_object_set_new(object, "ppid", json_integer(0));
    json_object_set_new(object, "exe", json_string(*process->exe ? process->exe : process->program));
    json_object_set_new(object, "argv", json_array());
    return object;
}

static void mark_modules(bool *wanted, const struct cst_log_finding *finding)
{
    const struct cst_log_stack *stack = NULL;
    for (size_t i = 0; (stack = cst_log_stack_at(finding, i)); i++) {
        for (size_t j = 0; j < stack->count; j++) {
            uint32_t id = stack->frames[j].module;
            if (id < finding->process->module_count) {
                wanted[id] = true;
            }
        }
    }
}

/* A finding for a baseline: `place` among all of them. */
struct chosen {
    const struct cst_group *group;
    size_t place;
};

/* What a baseline is made of. */
struct choice {
    struct chosen *items;
    size_t count;
};

static const struct cst_log_process *process_of(const struct chosen *chosen)
{
    return chosen->group->first->process;
}

static int by_process(const void *left, const void *right)
{
    const struct chosen *a = left, *b = right;
    uintptr_t one = (uintptr_t)process_of(a), other = (uintptr_t)process_of(b);
    if (one != other) {
        return one < other ? -1 : 1;
    }
    return a->place < b->place ? -1 : 1;
}

/* The findings of one process, from its first on. */
static size_t count_of_process(const struct chosen *first, const struct chosen *end)
{
    const struct chosen *next = first;
    while (next < end && process_of(next) == process_of(first)) {
        next++;
    }
    return (size_t)(next - first);
}

/* A run of findings of one process. */
struct part {
    const struct chosen *first;
    size_t count;
};

static int by_place(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    return a->first->place < b->first->place ? -1 : 1;
}

static bool write_process(struct baseline *baseline, const struct part *part)
{
    const struct cst_log_process *process = process_of(part->first);
    struct cst_arena arena = {0};
    bool *wanted = cst_arena_alloc(&arena, process->module_count * sizeof *wanted);
    for (size_t i = 0; i < part->count; i++) {
        mark_modules(wanted, part->first[i].group->first);
    }
    baseline->pid++;
    baseline->seq = 0;
    bool ok = put_event(baseline, start_event(process));
    for (size_t id = 0; id < process->module_count && ok; id++) {
        if (wanted[id] && process->modules[id]) {
            ok = put_event(baseline, cst_finding_json_module(process->modules[id], id));
        }
    }
    for (size_t i = 0; i < part->count && ok; i++) {
        ok = put_event(baseline, cst_finding_json(part->first[i].group));
    }
    cst_arena_free(&arena);
    return ok;
}

/* Process by process, in the order of their first findings. */
static bool write_processes(struct baseline *baseline, const struct choice *choice)
{
    struct cst_arena arena = {0};
    struct part *parts = NULL;
    size_t count = 0;
    if (choice->count == 0) {
        return true;
    }
    qsort(choice->items, choice->count, sizeof *choice->items, by_process);
    for (size_t i = 0; i < choice->count; i += parts[count - 1].count) {
        parts = cst_arena_extend(&arena, parts, count, sizeof *parts);
        parts[count].first = &choice->items[i];
        parts[count++].count = count_of_process(&choice->items[i], choice->items + choice->count);
    }
    qsort(parts, count, sizeof *parts, by_place);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        ok = write_process(baseline, &parts[i]);
    }
    cst_arena_free(&arena);
    return ok;
}

static bool write_all(struct baseline *baseline, const struct choice *choice, struct cst_symbols *symbols)
{
    struct cst_recorder *recorder = cst_recorder_new(symbols);
    for (size_t i = 0; i < choice->count; i++) {
        cst_recorder_add(recorder, choice->items[i].group->first);
    }
    bool ok = write_processes(baseline, choice) && cst_recorder_write(recorder, put_line, baseline->file);
    cst_recorder_free(recorder);
    return ok;
}

/* An empty baseline is a log too: it has to have an event. */
static bool write_empty(struct baseline *baseline)
{
    static const struct cst_log_process nobody = {.exe = "", .program = ""};
    baseline->pid = 1;
    return put_event(baseline, start_event(&nobody));
}

static struct choice choose(struct cst_arena *arena, const struct cst_groups *groups, int severity)
{
    struct choice choice = {0};
    for (size_t i = 0; i < groups->count; i++) {
        if ((int)groups->items[i].severity >= severity && !groups->items[i].suppressed_by) {
            choice.items = cst_arena_extend(arena, choice.items, choice.count, sizeof *choice.items);
            choice.items[choice.count] = (struct chosen){&groups->items[i], choice.count};
            choice.count++;
        }
    }
    return choice;
}

static bool fail(const char *path, int error)
{
    cst_say("check: cannot write the baseline %s: %s", path, strerror(error));
    return false;
}

/* A stream into a new file beside `path`, with the mode that a new file gets; `temporary` gets its name. */
static FILE *open_beside(struct cst_arena *arena, const char *path, char **out_temporary)
{
    *out_temporary = cst_arena_format(arena, "%s.XXXXXX", path);
    int fd = mkostemp(*out_temporary, O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        unlink(*out_temporary);
    }
    return file;
}

/* A device or a directory is not to be replaced by a file. */
static bool can_be_replaced(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT || fail(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        cst_say("check: cannot write the baseline %s: not a regular file", path);
        return false;
    }
    return true;
}

static bool write_file(struct cst_arena *arena, const char *path, const struct choice *choice,
                       struct cst_symbols *symbols)
{
    char *temporary = NULL;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    struct baseline baseline = {.file = open_beside(arena, path, &temporary), .now = (double)now.tv_sec};
    if (!baseline.file) {
        return fail(path, errno);
    }
    bool ok = choice->count ? write_all(&baseline, choice, symbols) : write_empty(&baseline);
    int error = errno;
    ok = ok && fflush(baseline.file) == 0 && fsync(fileno(baseline.file)) == 0;
    error = ok ? 0 : errno ? errno : error;
    fclose(baseline.file);
    if (ok && rename(temporary, path) == 0) {
        return true;
    }
    error = ok ? errno : error;
    unlink(temporary);
    return fail(path, error);
}

bool cst_baseline_file_write(const char *path, const struct cst_groups *groups, int severity,
                             struct cst_symbols *symbols, size_t *out_findings)
{
    struct cst_arena arena = {0};
    struct choice choice = choose(&arena, groups, severity);
    *out_findings = choice.count;
    bool ok = can_be_replaced(path) && write_file(&arena, path, &choice, symbols);
    cst_arena_free(&arena);
    return ok;
}
