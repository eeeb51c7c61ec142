/* Events into data; see event.h. */
#include "event.h"

#include "event_finding.h"
#include "event_ownership.h"
#include "event_process.h"
#include "event_symbols.h"
#include "field.h"
#include "say.h"

#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

struct cst_event_pid {
    int64_t pid;
    struct cst_log_process *process;
    UT_hash_handle hh;
};

static struct cst_event_pid *find_pid(const struct cst_event_sink *sink, int64_t pid)
{
    struct cst_event_pid *entry = NULL;
    HASH_FIND(hh, sink->pids, &pid, sizeof pid, entry);
    return entry;
}

/* The file's table of recorded symbols. They are told behind the processes that they are of. */
static struct cst_recorded *get_recorded(struct cst_event_sink *sink)
{
    if (!sink->recorded) {
        sink->recorded = cst_recorded_new(sink->log);
    }
    return sink->recorded;
}

/* From now on `pid` stands for a new process. */
static struct cst_log_process *begin_process(struct cst_event_sink *sink, int64_t pid)
{
    struct cst_log *log = sink->log;
    struct cst_log_process *process = cst_arena_alloc(&log->arena, sizeof *process);
    process->pid = pid;
    process->program = "unknown";
    process->exe = "";
    process->recorded = get_recorded(sink);
    log->processes = cst_arena_extend(&log->arena, log->processes, log->process_count, sizeof process);
    log->processes[log->process_count++] = process;

    struct cst_event_pid *entry = find_pid(sink, pid);
    if (!entry) {
        entry = cst_arena_alloc(&log->arena, sizeof *entry);
        entry->pid = pid;
        HASH_ADD(hh, sink->pids, pid, sizeof pid, entry);
    }
    entry->process = process;
    return process;
}

/* The process that `pid` stands for; made up when the log begins in the middle of its life. */
static struct cst_log_process *current_process(struct cst_event_sink *sink, int64_t pid)
{
    const struct cst_event_pid *entry = find_pid(sink, pid);
    return entry ? entry->process : begin_process(sink, pid);
}

static void take_fork(struct cst_event_sink *sink, int64_t pid, const json_t *event)
{
    const struct cst_event_pid *parent = find_pid(sink, json_integer_value(json_object_get(event, "parent")));
    const struct cst_log_process *from = parent ? parent->process : NULL;
    cst_event_fork(sink->log, begin_process(sink, pid), from);
}

static void dispatch(struct cst_event_sink *sink, int64_t pid, const char *name, const json_t *event)
{
    if (strcmp(name, "start") == 0) {
        cst_event_start(sink->log, begin_process(sink, pid), event);
    } else if (strcmp(name, "fork") == 0) {
        take_fork(sink, pid, event);
    } else if (strcmp(name, "module") == 0) {
        cst_event_module(sink->log, current_process(sink, pid), event);
    } else if (strcmp(name, "finding") == 0) {
        cst_event_finding(sink->log, current_process(sink, pid), event);
    } else if (cst_event_is_ownership(name)) {
        cst_event_ownership(sink->log, current_process(sink, pid), name, event);
    } else if (strcmp(name, "exec") == 0) {
        current_process(sink, pid)->end = CST_END_EXEC;
    } else if (strcmp(name, "exit") == 0) {
        cst_event_exit(sink->log, current_process(sink, pid), event);
    } else if (strcmp(name, "symbols") == 0) {
        /* Its pid is that of the tool, which is no process of the log. */
        cst_event_symbols(sink->log, get_recorded(sink), event);
    }
}

enum cst_event_result cst_event_take(struct cst_event_sink *sink, const json_t *event, const char **out_why)
{
    const json_t *version = json_object_get(event, "v");
    const char *name = json_string_value(json_object_get(event, "event"));
    const json_t *pid = json_object_get(event, "pid");
    if (!json_is_object(event)) {
        *out_why = "not a JSON object";
        return CST_EVENT_MALFORMED;
    }
    if (json_is_integer(version) && json_integer_value(version) != 1) {
        return CST_EVENT_OTHER_VERSION;
    }
    if (!json_is_integer(version) || !name || !json_is_integer(pid)) {
        *out_why = "not an audit event: needs \"v\", \"event\" and \"pid\"";
        return CST_EVENT_MALFORMED;
    }
    sink->log->lines++;
    dispatch(sink, json_integer_value(pid), name, event);
    return CST_EVENT_TAKEN;
}

void cst_event_sink_free(struct cst_event_sink *sink)
{
    HASH_CLEAR(hh, sink->pids); /* the entries themselves lie in the log's arena */
    sink->pids = NULL;
}
