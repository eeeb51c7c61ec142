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

<<<<<<< HEAD
static const char *copy_field(struct cst_log *log, const json_t *object, const char *name, const char *otherwise)
{
    return cst_arena_copy(&log->arena, cst_field_text(object, name, otherwise));
}

static bool take_party(struct cst_log *log, const json_t *object, struct cst_log_party *out_party)
{
    *out_party = (struct cst_log_party){
        .side = copy_field(log, object, "side", "unknown"),
        .lang = copy_field(log, object, "lang", "unknown"),
        .contract = copy_field(log, object, "contract", "unknown"),
        .call = copy_field(log, object, "call", ""),
    };
    return json_is_object(object);
}

static struct cst_log_stack take_stack(struct cst_log *log, const json_t *array)
{
    size_t count = json_array_size(array);
    if (count > STACK_FRAMES_MAX) {
        count = STACK_FRAMES_MAX;
    }
    struct cst_log_stack stack = {0};
    if (count == 0) {
        return stack;
    }
    stack.frames = cst_arena_alloc(&log->arena, count * sizeof *stack.frames);
    stack.count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(array, i);
        uint64_t module = CST_NO_MODULE;
        (void)cst_field_number(object, "module", &module);
        stack.frames[i] = (struct cst_log_frame){
            .module = module < CST_MODULE_IDS ? (uint32_t)module : CST_NO_MODULE,
            .offset = cst_field_address(object, "offset"),
            .symbol = copy_field(log, object, "symbol", NULL),
        };
    }
    return stack;
}

static enum custody_severity read_severity(const char *text)
{
    for (int severity = CUSTODY_SEVERITY_NOTE; severity < CUSTODY_SEVERITY_ERROR; severity++) {
        if (strcmp(text, custody_severity_name((enum custody_severity)severity)) == 0) {
            return (enum custody_severity)severity;
        }
    }
    /* A word of a later version is taken for the worst, so that no gate opens by itself. */
    return CUSTODY_SEVERITY_ERROR;
}

static void take_block(struct cst_log *log, struct cst_log_finding *finding, const json_t *event)
{
    const json_t *block = json_object_get(event, "block");
    finding->address = copy_field(log, block, "addr", "");
    finding->has_block = cst_field_number(block, "size", &finding->size);
    finding->align = cst_field_count(block, "align");
    finding->has_owner = take_party(log, json_object_get(event, "owner"), &finding->owner);
}

static void take_release(struct cst_log *log, struct cst_log_finding *finding, const json_t *event)
{
    finding->has_by = take_party(log, json_object_get(event, "by"), &finding->by);
    finding->place = copy_field(log, event, "place", "");
    finding->place_name = copy_field(log, event, "place_name", "");
    finding->has_offset = cst_field_number(event, "offset", &finding->offset);
    const json_t *given = json_object_get(event, "given");
    finding->has_given_size = cst_field_number(given, "size", &finding->given_size);
    finding->has_given_align = cst_field_number(given, "align", &finding->given_align);
}

static void take_leak(struct cst_log *log, struct cst_log_process *process, struct cst_log_finding *finding,
                      const json_t *event)
{
    finding->leak_class = copy_field(log, event, "class", "");
    finding->leak_blocks = cst_field_count(event, "blocks");
    finding->leak_bytes = cst_field_count(event, "bytes");
    finding->on_request = strcmp(cst_field_text(event, "when", "exit"), "request") == 0;
    finding->has_holder = take_party(log, json_object_get(event, "held_by"), &finding->holder);
    process->leaks_on_request |= *finding->leak_class && finding->on_request;
    process->leaks_at_exit |= *finding->leak_class && !finding->on_request;
}

/* The test that `cargo custody` has added to the line. */
static void take_test(struct cst_log *log, struct cst_log_finding *finding, const json_t *test)
{
    const json_t *name;
    size_t i;
    finding->test = copy_field(log, test, "name", "");
    finding->one_of = "";
    json_array_foreach(json_object_get(test, "one_of"), i, name)
    {
        if (json_is_string(name)) {
            finding->one_of = cst_arena_format(&log->arena, "%s%s%s", finding->one_of, *finding->one_of ? ", " : "",
                                               json_string_value(name));
        }
    }
}

static void take_finding(struct cst_log *log, struct cst_log_process *process, const json_t *event)
{
    struct cst_log_finding *finding = cst_arena_alloc(&log->arena, sizeof *finding);
    finding->process = process;
    finding->kind = copy_field(log, event, "kind", "unknown");
    finding->severity = read_severity(cst_field_text(event, "severity", ""));
    finding->confidence = copy_field(log, event, "confidence", "unknown");
    finding->key = copy_field(log, event, "key", "");
    finding->count = cst_field_count(event, "count");
    if (finding->count == 0) {
        finding->count = 1;
    }
    take_block(log, finding, event);
    take_release(log, finding, event);
    finding->expect = copy_field(log, event, "expect", "");
    finding->policy = copy_field(log, event, "policy", "");
    finding->thread = copy_field(log, event, "thread", "");
    take_test(log, finding, json_object_get(event, "test"));
    finding->alloc = take_stack(log, json_object_get(event, "alloc"));
    finding->release = take_stack(log, json_object_get(event, "release"));
    finding->first_release = take_stack(log, json_object_get(event, "first_release"));
    take_leak(log, process, finding, event);
    log->findings = cst_arena_extend(&log->arena, log->findings, log->finding_count, sizeof finding);
    log->findings[log->finding_count++] = finding;
}

=======
>>>>>>> api
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
