/* The event `exit`: the counts of a process at its end. Long tables are cut, each at a share of the line, so that none
 * crowds out another; the line then says "truncated". */
#include "audit/audit.h"
#include "audit/event_leaks.h"
#include "audit/gate.h"
#include "audit/line.h"

/* How much of a line a table may fill, counted from the start of the line. */
static size_t share(const struct cst_json *json, size_t quarters)
{
    return json->text.limit / 4 * quarters;
}

/* Writes the element with this index of one of the summary's tables. */
typedef void element_writer(struct cst_json *json, const struct cst_exit_summary *summary, size_t index);

static void write_table(struct cst_json *json, const char *key, const struct cst_exit_summary *summary, size_t count,
                        element_writer *write, size_t end)
{
    cst_json_open(json, key, '[');
    for (size_t i = 0; i < count; i++) {
        struct cst_text_mark mark = cst_json_mark(json);
        write(json, summary, i);
        if (json->text.length > end) {
            cst_json_drop(json, mark);
            break;
        }
        if (!cst_json_keep(json, mark)) {
            break;
        }
    }
    cst_json_close(json, ']');
}

static void write_findings(struct cst_json *json, const uint64_t counts[3])
{
    cst_json_open(json, "findings", '{');
    cst_json_unsigned(json, "note", counts[CUSTODY_SEVERITY_NOTE]);
    cst_json_unsigned(json, "warning", counts[CUSTODY_SEVERITY_WARNING]);
    cst_json_unsigned(json, "error", counts[CUSTODY_SEVERITY_ERROR]);
    cst_json_close(json, '}');
}

static void write_repeat(struct cst_json *json, const struct cst_exit_summary *summary, size_t index)
{
    const struct cst_repeat *repeat = &summary->repeats[index];
    cst_json_open(json, NULL, '{');
    cst_json_digest(json, "key", repeat->key);
    cst_json_unsigned(json, "count", repeat->count);
    cst_json_close(json, '}');
}

static void write_rule(struct cst_json *json, const struct cst_exit_summary *summary, size_t index)
{
    const struct cst_rule_total *total = &summary->policy.rules[index];
    cst_json_open(json, NULL, '{');
    cst_json_unsigned(json, "line", total->line);
    cst_json_string(json, "rule", total->word);
    cst_json_unsigned(json, "count", total->count);
    cst_json_close(json, '}');
}

static void write_policy(struct cst_json *json, const struct cst_exit_summary *summary)
{
    const struct cst_policy_total *policy = &summary->policy;
    cst_json_open(json, "policy", '{');
    cst_json_string(json, "file", policy->file);
    cst_json_digest(json, "digest", policy->digest);
    cst_json_bool(json, "holds", policy->holds);
    cst_json_unsigned(json, "errors", policy->errors);
    write_table(json, "rules", summary, policy->rule_count, write_rule, share(json, 1));
    cst_json_close(json, '}');
}

static void write_side(struct cst_json *json, const struct cst_exit_summary *summary, size_t index)
{
    const struct cst_side_total *total = &summary->sides[index];
    cst_json_open(json, NULL, '{');
    cst_json_string(json, "side", total->side);
    cst_json_string(json, "lang", custody_lang_name(total->lang));
    if (total->module != NULL) {
        cst_json_string(json, "module", total->module);
    }
    cst_json_unsigned(json, "allocs", total->allocs);
    cst_json_unsigned(json, "frees", total->frees);
    cst_json_unsigned(json, "total_bytes", total->total_bytes);
    cst_json_unsigned(json, "live_blocks", total->live_blocks);
    cst_json_unsigned(json, "live_bytes", total->live_bytes);
    cst_json_unsigned(json, "peak_blocks", total->peak_blocks);
    cst_json_unsigned(json, "peak_bytes", total->peak_bytes);
    cst_json_close(json, '}');
}

static void write_crossing(struct cst_json *json, const struct cst_exit_summary *summary, size_t index)
{
    const struct cst_crossing_total *total = &summary->crossings[index];
    cst_json_open(json, NULL, '{');
    cst_json_string(json, "from", total->from);
    cst_json_string(json, "from_lang", custody_lang_name(total->from_lang));
    cst_json_string(json, "to", total->to);
    cst_json_string(json, "to_lang", custody_lang_name(total->to_lang));
    cst_json_string(json, "contract", custody_contract_name(total->contract));
    cst_json_unsigned(json, "count", total->count);
    cst_json_bool(json, "allowed", total->allowed);
    cst_json_close(json, '}');
}

static void write_line(struct cst_json *json, const struct cst_exit_summary *summary)
{
    write_findings(json, summary->findings);
    cst_json_signed(json, "status", summary->status);
    cst_json_string(json, "how", summary->how);
    if (summary->leak_count > 0) {
        cst_leaks_write(json, summary->leaks, summary->leak_count);
    }
    if (cst_gate_refusals() > 0) {
        cst_json_unsigned(json, "dropped", cst_gate_refusals());
    }
    if (summary->policy.file != NULL) {
        write_policy(json, summary);
    }
    write_table(json, "repeats", summary, summary->repeat_count, write_repeat, share(json, 2));
    write_table(json, "sides", summary, summary->side_count, write_side, share(json, 3));
    write_table(json, "crossings", summary, summary->crossing_count, write_crossing, share(json, 4));
}

static void write_message(struct cst_text *text, const uint64_t counts[3])
{
    uint64_t errors = counts[CUSTODY_SEVERITY_ERROR];
    uint64_t warnings = counts[CUSTODY_SEVERITY_WARNING];
    cst_text_format(text, "custody: %lu %s, %lu %s\n", errors, errors == 1 ? "error" : "errors", warnings,
                    warnings == 1 ? "warning" : "warnings");
}

void cst_audit_exit(const struct cst_exit_summary *summary)
{
    struct cst_json *json = cst_line_begin("exit");
    if (json != NULL) {
        write_line(json, summary);
        cst_line_end(json);
        return;
    }
    struct cst_text *text = summary->findings[CUSTODY_SEVERITY_ERROR] > 0 ? cst_line_begin_message() : NULL;
    if (text != NULL) {
        write_message(text, summary->findings);
        cst_line_end_message(text);
    }
}

void cst_audit_close(void)
{
    cst_line_close();
}
