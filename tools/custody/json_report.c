/* The JSON report; see report.h. Its shape is described in custody-report(1): fields may be added, none changes its
 * meaning while "v" is 1. */
#include "json_finding.h"
#include "json_leaks.h"
#include "leak_crates.h"
#include "report.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* A report under way. */
struct json_report {
    const struct cst_report_wish *wish;
    const struct cst_groups *groups;
    struct cst_symbols *symbols;
    struct cst_json_finding findings; /* with the arena of all */
};

/* Leaves out what the log did not tell. */
static void set_text(json_t *object, const char *name, const char *value)
{
    if (*value) {
        json_object_set_new(object, name, cst_json_text(value));
    }
}

static json_t *crates_array(const struct cst_leak_crates *crates)
{
    json_t *array = json_array();
    for (size_t i = 0; i < crates->count; i++) {
        const struct cst_leak_crate *crate = &crates->items[i];
        json_t *object = json_object();
        json_object_set_new(object, "crate", *crate->name ? cst_json_text(crate->name) : json_null());
        json_object_set_new(object, "live_blocks", cst_json_number(crate->live_blocks));
        json_object_set_new(object, "live_bytes", cst_json_number(crate->live_bytes));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *side_object(const struct cst_log_side *side)
{
    json_t *object = json_object();
    json_object_set_new(object, "side", cst_json_text(side->side));
    json_object_set_new(object, "lang", cst_json_text(side->lang));
    set_text(object, "module", side->module);
    json_object_set_new(object, "allocs", cst_json_number(side->allocs));
    json_object_set_new(object, "frees", cst_json_number(side->frees));
    json_object_set_new(object, "total_bytes", cst_json_number(side->total_bytes));
    json_object_set_new(object, "live_blocks", cst_json_number(side->live_blocks));
    json_object_set_new(object, "live_bytes", cst_json_number(side->live_bytes));
    json_object_set_new(object, "peak_blocks", cst_json_number(side->peak_blocks));
    json_object_set_new(object, "peak_bytes", cst_json_number(side->peak_bytes));
    return object;
}

static json_t *crossing_object(const struct cst_log_crossing *crossing)
{
    json_t *object = json_object();
    json_object_set_new(object, "from", cst_json_text(crossing->from));
    json_object_set_new(object, "from_lang", cst_json_text(crossing->from_lang));
    json_object_set_new(object, "to", cst_json_text(crossing->to));
    json_object_set_new(object, "to_lang", cst_json_text(crossing->to_lang));
    json_object_set_new(object, "contract", cst_json_text(crossing->contract));
    json_object_set_new(object, "count", cst_json_number(crossing->count));
    json_object_set_new(object, "allowed", json_boolean(crossing->allowed));
    return object;
}

static bool wants_side(const struct cst_report_wish *wish, const char *side)
{
    return !wish->side || strcmp(wish->side, side) == 0;
}

static json_t *program_object(struct json_report *report, const struct cst_program *program)
{
    const struct cst_report_wish *wish = report->wish;
    json_t *sides = json_array();
    json_t *crossings = json_array();
    for (size_t i = 0; i < program->side_count; i++) {
        if (wants_side(wish, program->sides[i].side)) {
            json_t *side = side_object(&program->sides[i]);
            struct cst_leak_crates crates = cst_leak_crates_make(&report->findings.arena, report->symbols,
                                                                 report->groups, program, &program->sides[i]);
            if (crates.count > 0) {
                json_object_set_new(side, "crates", crates_array(&crates));
            }
            json_array_append_new(sides, side);
        }
    }
    for (size_t i = 0; i < program->crossing_count; i++) {
        const struct cst_log_crossing *crossing = &program->crossings[i];
        if (wants_side(wish, crossing->from) || wants_side(wish, crossing->to)) {
            json_array_append_new(crossings, crossing_object(crossing));
        }
    }
    json_t *object = json_object();
    json_object_set_new(object, "program", cst_json_text(program->name));
    json_object_set_new(object, "processes", cst_json_number(program->processes));
    json_object_set_new(object, "unfinished", cst_json_number(program->unfinished));
    json_object_set_new(object, "sides", sides);
    json_object_set_new(object, "crossings", crossings);
    return object;
}

static json_t *inferred_array(const struct cst_groups *groups)
{
    json_t *paths = json_array();
    for (size_t i = 0; i < groups->inferred_count; i++) {
        json_array_append_new(paths, cst_json_text(groups->inferred[i]->path));
    }
    return paths;
}

static json_t *rule_object(const struct cst_rule_use *rule)
{
    json_t *object = json_object();
    json_object_set_new(object, "line", cst_json_number(rule->line));
    json_object_set_new(object, "rule", cst_json_text(rule->word));
    set_text(object, "text", rule->text);
    json_object_set_new(object, "count", cst_json_number(rule->count));
    return object;
}

static json_t *policies_array(const struct cst_policy_uses *uses)
{
    json_t *array = json_array();
    for (size_t i = 0; i < uses->count; i++) {
        const struct cst_policy_use *use = &uses->items[i];
        json_t *object = json_object(), *rules = json_array();
        for (size_t j = 0; j < use->count; j++) {
            json_array_append_new(rules, rule_object(&use->rules[j]));
        }
        json_object_set_new(object, "file", cst_json_text(use->file));
        json_object_set_new(object, "processes", cst_json_number(use->processes));
        json_object_set_new(object, "failures", cst_json_number(use->failures));
        json_object_set_new(object, "rules", rules);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *totals_object(const struct cst_groups *groups)
{
    json_t *object = json_object();
    for (int severity = CUSTODY_SEVERITY_ERROR; severity >= CUSTODY_SEVERITY_NOTE; severity--) {
        enum custody_severity level = (enum custody_severity)severity;
        json_object_set_new(object, custody_severity_name(level), cst_json_number(cst_groups_count(groups, level)));
    }
    return object;
}

/* Adds what is said of leaks as a whole. */
static void set_leaks(struct json_report *report, json_t *document)
{
    struct cst_arena *arena = &report->findings.arena;
    struct cst_report_leaks leaks = cst_report_choose_leaks(arena, report->wish, report->groups, false);
    enum cst_path_form form = report->wish->all_calls ? CST_PATH_ALL : CST_PATH_OWN;
    struct cst_call_paths paths = cst_call_paths_make(arena, report->symbols, leaks.items, leaks.count, form);
    struct cst_leak_node root = cst_leak_tree_make(arena, &paths);
    json_object_set_new(document, "leak_tree", cst_json_leak_node(&root, root.bytes));
    if (report->wish->has_leaks_by) {
        struct cst_leak_table table =
            cst_leak_table_make(arena, report->symbols, leaks.items, leaks.count, report->wish->leaks_by);
        json_object_set_new(document, "leaks_by", cst_json_leak_table(&table));
    }
}

bool cst_report_json(FILE *out, const struct cst_report_wish *wish, const struct cst_groups *groups,
                     struct cst_symbols *symbols, char *const *logs, size_t log_count)
{
    struct json_report report = {.wish = wish, .groups = groups, .symbols = symbols, .findings = {.symbols = symbols}};
    json_t *names = json_array();
    json_t *findings = json_array();
    json_t *programs = json_array();
    for (size_t i = 0; i < log_count; i++) {
        json_array_append_new(names, cst_json_text(logs[i]));
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (cst_report_wants(wish, &groups->items[i])) {
            json_array_append_new(findings, cst_json_finding(&report.findings, &groups->items[i]));
        }
    }
    for (size_t i = 0; i < groups->program_count; i++) {
        json_array_append_new(programs, program_object(&report, &groups->programs[i]));
    }
    json_t *document = json_object();
    json_object_set_new(document, "v", json_integer(1));
    json_object_set_new(document, "tool", cst_json_text("custody"));
    json_object_set_new(document, "version", cst_json_text(CUSTODY_VERSION));
    json_object_set_new(document, "logs", names);
    json_object_set_new(document, "findings", findings);
    set_leaks(&report, document);
    json_object_set_new(document, "programs", programs);
    json_object_set_new(document, "inferred_modules", inferred_array(groups));
    json_object_set_new(document, "policies", policies_array(&groups->policies));
    json_object_set_new(document, "totals", totals_object(groups));
    bool ok = json_dumpf(document, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(document);
    cst_arena_free(&report.findings.arena);
    return ok;
}
