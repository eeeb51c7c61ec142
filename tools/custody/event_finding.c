/* Findings from JSON; see event_finding.h. */
#include "event_finding.h"

#include "event_parts.h"
#include "field.h"

#include <string.h>

/** More moments than any history in a log has. */
#define HISTORY_MAX 64

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
    finding->address = cst_event_text(log, block, "addr", "");
    finding->has_block = cst_field_number(block, "size", &finding->size);
    finding->align = cst_field_count(block, "align");
    finding->has_owner = cst_event_party(log, json_object_get(event, "owner"), &finding->owner);
}

static void take_release(struct cst_log *log, struct cst_log_finding *finding, const json_t *event)
{
    finding->has_by = cst_event_party(log, json_object_get(event, "by"), &finding->by);
    finding->place = cst_event_text(log, event, "place", "");
    finding->place_name = cst_event_text(log, event, "place_name", "");
    finding->has_offset = cst_field_number(event, "offset", &finding->offset);
    const json_t *given = json_object_get(event, "given");
    finding->has_given_size = cst_field_number(given, "size", &finding->given_size);
    finding->has_given_align = cst_field_number(given, "align", &finding->given_align);
}

static void take_leak(struct cst_log *log, struct cst_log_process *process, struct cst_log_finding *finding,
                      const json_t *event)
{
    finding->leak_class = cst_event_text(log, event, "class", "");
    finding->leak_blocks = cst_field_count(event, "blocks");
    finding->leak_bytes = cst_field_count(event, "bytes");
    finding->on_request = strcmp(cst_field_text(event, "when", "exit"), "request") == 0;
    finding->has_holder = cst_event_party(log, json_object_get(event, "held_by"), &finding->holder);
    process->leaks_on_request |= *finding->leak_class && finding->on_request;
    process->leaks_at_exit |= *finding->leak_class && !finding->on_request;
}

/* Histories in logs are short; one that is not is no log's. */
static void take_history(struct cst_log *log, struct cst_log_told *told, const json_t *array)
{
    size_t count = json_array_size(array);
    told->history_count = count < HISTORY_MAX ? count : HISTORY_MAX;
    if (count == 0) {
        return;
    }
    told->history = cst_arena_alloc(&log->arena, told->history_count * sizeof *told->history);
    for (size_t i = 0; i < told->history_count; i++) {
        told->history[i] = cst_event_moment(log, json_array_get(array, i));
    }
}

static void take_told(struct cst_log *log, struct cst_log_told *told, const json_t *event)
{
    told->type = cst_event_text(log, event, "type", NULL);
    told->expected_type = cst_event_text(log, event, "expected_type", NULL);
    told->has_number = cst_field_number(event, "number", &told->number);
    told->has_capacity = cst_field_number(event, "capacity", &told->capacity);
    told->has_length = cst_field_number(event, "length", &told->length);
    take_history(log, told, json_object_get(event, "history"));
    told->history_left_out = cst_field_count(event, "history_left_out");
}

/* The test that `cargo custody` has added to the line. */
static void take_test(struct cst_log *log, struct cst_log_finding *finding, const json_t *test)
{
    const json_t *name;
    size_t i;
    finding->test = cst_event_text(log, test, "name", "");
    finding->one_of = "";
    json_array_foreach(json_object_get(test, "one_of"), i, name)
    {
        if (json_is_string(name)) {
            finding->one_of = cst_arena_format(&log->arena, "%s%s%s", finding->one_of, *finding->one_of ? ", " : "",
                                               json_string_value(name));
        }
    }
}

void cst_event_finding(struct cst_log *log, struct cst_log_process *process, const json_t *event)
{
    struct cst_log_finding *finding = cst_arena_alloc(&log->arena, sizeof *finding);
    finding->process = process;
    finding->kind = cst_event_text(log, event, "kind", "unknown");
    finding->severity = read_severity(cst_field_text(event, "severity", ""));
    finding->confidence = cst_event_text(log, event, "confidence", "unknown");
    finding->key = cst_event_text(log, event, "key", "");
    finding->count = cst_field_count(event, "count");
    if (finding->count == 0) {
        finding->count = 1;
    }
    take_block(log, finding, event);
    take_release(log, finding, event);
    finding->expect = cst_event_text(log, event, "expect", "");
    finding->policy = cst_event_text(log, event, "policy", "");
    finding->thread = cst_event_text(log, event, "thread", "");
    take_test(log, finding, json_object_get(event, "test"));
    finding->alloc = cst_event_stack(log, json_object_get(event, "alloc"));
    finding->release = cst_event_stack(log, json_object_get(event, "release"));
    finding->first_release = cst_event_stack(log, json_object_get(event, "first_release"));
    take_told(log, &finding->told, event);
    take_leak(log, process, finding, event);
    finding->line = log->lines;
    log->findings = cst_arena_extend(&log->arena, log->findings, log->finding_count, sizeof finding);
    log->findings[log->finding_count++] = finding;
}
