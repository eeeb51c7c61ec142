/* The JSON report; see report.h. Its shape is described in custody-report(1): fields may be added, none changes its
 * meaning while "v" is 1. */
#include "headline.h"
#include "report.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* A report under way. */
struct json_report {
    const struct cst_report_wish *wish;
    const struct cst_groups *groups;
    struct cst_symbols *symbols;
    struct cst_arena arena;
};

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_null();
}

/* Leaves out what the log did not tell. */
static void set_text(json_t *object, const char *name, const char *value)
{
    if (*value) {
        json_object_set_new(object, name, text(value));
    }
}

static json_t *call_object(const struct cst_call *call)
{
    json_t *object = json_object();
    json_object_set_new(object, "function", text(call->function));
    json_object_set_new(object, "file", text(call->file));
    json_object_set_new(object, "line", call->line > 0 ? json_integer(call->line) : json_null());
    json_object_set_new(object, "column", call->column > 0 ? json_integer(call->column) : json_null());
    json_object_set_new(object, "inlined", json_boolean(call->inlined));
    return object;
}

static json_t *frame_object(struct json_report *report, const struct cst_log_process *process,
                            const struct cst_log_frame *frame)
{
    static const char *const files[] = {
        [CST_SYMBOL_FILE_OK] = "ok", [CST_SYMBOL_FILE_CHANGED] = "changed", [CST_SYMBOL_FILE_GONE] = "gone"};
    const struct cst_calls *calls = cst_symbols_resolve(report->symbols, process, frame);
    const struct cst_log_module *module = cst_log_module_of(process, frame);
    json_t *object = json_object();
    json_object_set_new(object, "module", module ? text(module->path) : json_null());
    json_object_set_new(object, "offset", text(cst_arena_format(&report->arena, "0x%" PRIx64, frame->offset)));
    json_object_set_new(object, "module_file", text(files[calls->file]));
    json_t *list = json_array();
    for (size_t i = 0; i < calls->count; i++) {
        json_array_append_new(list, call_object(&calls->items[i]));
    }
    json_object_set_new(object, "calls", list);
    return object;
}

static void set_stack(struct json_report *report, json_t *object, const char *name,
                      const struct cst_log_finding *finding, const struct cst_log_stack *stack)
{
    json_t *frames = json_array();
    for (size_t i = 0; i < stack->count; i++) {
        json_array_append_new(frames, frame_object(report, finding->process, &stack->frames[i]));
    }
    json_object_set_new(object, name, frames);
}

static json_t *party_object(const struct cst_log_party *party)
{
    json_t *object = json_object();
    json_object_set_new(object, "side", text(party->side));
    json_object_set_new(object, "lang", text(party->lang));
    json_object_set_new(object, "contract", text(party->contract));
    set_text(object, "call", party->call);
    return object;
}

static void set_block(json_t *object, const struct cst_log_finding *finding)
{
    json_t *block = json_object();
    set_text(block, "addr", finding->address);
    if (finding->has_block) {
        json_object_set_new(block, "size", number(finding->size));
        json_object_set_new(block, "align", number(finding->align));
    }
    json_object_set_new(object, "block", block);
    if (finding->has_owner) {
        json_object_set_new(object, "owner", party_object(&finding->owner));
    }
    if (finding->has_by) {
        json_object_set_new(object, "by", party_object(&finding->by));
    }
}

static void set_special_facts(json_t *object, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    set_text(object, "place", finding->place);
    set_text(object, "place_name", finding->place_name);
    if (finding->has_offset) {
        json_object_set_new(object, "offset", number(finding->offset));
    }
    if (finding->has_given_size || finding->has_given_align) {
        json_t *given = json_object();
        if (finding->has_given_size) {
            json_object_set_new(given, "size", number(finding->given_size));
        }
        if (finding->has_given_align) {
            json_object_set_new(given, "align", number(finding->given_align));
        }
        json_object_set_new(object, "given", given);
    }
    if (*finding->leak_class) {
        json_object_set_new(object, "class", text(finding->leak_class));
        json_object_set_new(object, "blocks", number(group->leak_blocks));
        json_object_set_new(object, "bytes", number(group->leak_bytes));
    }
}

static json_t *finding_object(struct json_report *report, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    json_t *object = json_object();
    json_object_set_new(object, "kind", text(finding->kind));
    json_object_set_new(object, "severity", text(custody_severity_name(group->severity)));
    json_object_set_new(object, "confidence", text(finding->confidence));
    json_object_set_new(object, "message", text(cst_headline(&report->arena, group)));
    set_text(object, "key", finding->key);
    json_object_set_new(object, "count", number(group->count));
    json_object_set_new(object, "processes", number(group->processes));
    json_object_set_new(object, "program", text(finding->process->program));
    json_object_set_new(object, "pid", json_integer(finding->process->pid));
    set_text(object, "thread", finding->thread);
    set_block(object, finding);
    set_special_facts(object, group);
    set_text(object, "expect", finding->expect);
    set_stack(report, object, "alloc", finding, &finding->alloc);
    set_stack(report, object, "release", finding, &finding->release);
    set_stack(report, object, "first_release", finding, &finding->first_release);
    return object;
}

static json_t *side_object(const struct cst_log_side *side)
{
    json_t *object = json_object();
    json_object_set_new(object, "side", text(side->side));
    json_object_set_new(object, "lang", text(side->lang));
    set_text(object, "module", side->module);
    json_object_set_new(object, "allocs", number(side->allocs));
    json_object_set_new(object, "frees", number(side->frees));
    json_object_set_new(object, "total_bytes", number(side->total_bytes));
    json_object_set_new(object, "live_blocks", number(side->live_blocks));
    json_object_set_new(object, "live_bytes", number(side->live_bytes));
    json_object_set_new(object, "peak_blocks", number(side->peak_blocks));
    json_object_set_new(object, "peak_bytes", number(side->peak_bytes));
    return object;
}

static json_t *crossing_object(const struct cst_log_crossing *crossing)
{
    json_t *object = json_object();
    json_object_set_new(object, "from", text(crossing->from));
    json_object_set_new(object, "from_lang", text(crossing->from_lang));
    json_object_set_new(object, "to", text(crossing->to));
    json_object_set_new(object, "to_lang", text(crossing->to_lang));
    json_object_set_new(object, "contract", text(crossing->contract));
    json_object_set_new(object, "count", number(crossing->count));
    json_object_set_new(object, "allowed", json_boolean(crossing->allowed));
    return object;
}

static bool wants_side(const struct cst_report_wish *wish, const char *side)
{
    return !wish->side || strcmp(wish->side, side) == 0;
}

static json_t *program_object(const struct cst_report_wish *wish, const struct cst_program *program)
{
    json_t *sides = json_array();
    json_t *crossings = json_array();
    for (size_t i = 0; i < program->side_count; i++) {
        if (wants_side(wish, program->sides[i].side)) {
            json_array_append_new(sides, side_object(&program->sides[i]));
        }
    }
    for (size_t i = 0; i < program->crossing_count; i++) {
        const struct cst_log_crossing *crossing = &program->crossings[i];
        if (wants_side(wish, crossing->from) || wants_side(wish, crossing->to)) {
            json_array_append_new(crossings, crossing_object(crossing));
        }
    }
    json_t *object = json_object();
    json_object_set_new(object, "program", text(program->name));
    json_object_set_new(object, "processes", number(program->processes));
    json_object_set_new(object, "unfinished", number(program->unfinished));
    json_object_set_new(object, "sides", sides);
    json_object_set_new(object, "crossings", crossings);
    return object;
}

static json_t *inferred_array(const struct cst_groups *groups)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < groups->inferred_count; i++) {
        json_array_append_new(paths, text(groups->inferred[i]->path));
    }
    return paths;
}

static json_t *totals_object(const struct cst_groups *groups)
{
    json_t *object = json_object();
    for (int severity = CUSTODY_SEVERITY_ERROR; severity >= CUSTODY_SEVERITY_NOTE; severity--) {
        enum custody_severity level = (enum custody_severity)severity;
        json_object_set_new(object, custody_severity_name(level), number(cst_groups_count(groups, level)));
    }
    return object;
}

bool cst_report_json(FILE *out, const struct cst_report_wish *wish, const struct cst_groups *groups,
                     struct cst_symbols *symbols, char *const *logs, size_t log_count)
{
    struct json_report report = {.wish = wish, .groups = groups, .symbols = symbols};
    json_t *names = json_array();
    json_t *findings = json_array();
    json_t *programs = json_array();
    for (size_t i = 0; i < log_count; i++) {
        json_array_append_new(names, text(logs[i]));
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (cst_report_wants(wish, &groups->items[i])) {
            json_array_append_new(findings, finding_object(&report, &groups->items[i]));
        }
    }
    for (size_t i = 0; i < groups->program_count; i++) {
        json_array_append_new(programs, program_object(wish, &groups->programs[i]));
    }
    json_t *document = json_object();
    json_object_set_new(document, "v", json_integer(1));
    json_object_set_new(document, "tool", text("custody"));
    json_object_set_new(document, "version", text(CUSTODY_VERSION));
    json_object_set_new(document, "logs", names);
    json_object_set_new(document, "findings", findings);
    json_object_set_new(document, "programs", programs);
    json_object_set_new(document, "inferred_modules", inferred_array(groups));
    json_object_set_new(document, "totals", totals_object(groups));
    bool ok = json_dumpf(document, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    cst_arena_free(&report.arena);
    return ok;
}
