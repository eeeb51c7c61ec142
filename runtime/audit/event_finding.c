/* The event `finding`: a broken rule with its facts, or the same in plain words when there is no log. */
#include "audit/audit.h"
#include "audit/expect.h"
#include "audit/key.h"
#include "audit/line.h"
#include "audit/plain.h"
#include "audit/trace.h"
#include "plat/sys.h"

/** Longest "FILE:LINE" of a rule: a path has at most 4096 bytes (PATH_MAX). */
#define CST_POLICY_PLACE_SIZE 4120

/* The stacks of a finding, resolved. */
struct traces {
    struct cst_trace alloc, release, first_release;
};

static void write_block(struct cst_json *json, const struct cst_finding *finding)
{
    cst_json_open(json, "block", '{');
    cst_json_hex(json, "addr", finding->has_block ? finding->block_address : finding->address);
    if (finding->has_block) {
        cst_json_unsigned(json, "size", finding->block_size);
        cst_json_unsigned(json, "align", finding->block_align);
    }
    cst_json_close(json, '}');
}

static void write_party(struct cst_json *json, const struct cst_party *party)
{
    cst_json_string(json, "side", party->side);
    cst_json_string(json, "lang", custody_lang_name(party->lang));
    cst_json_string(json, "contract", custody_contract_name(party->contract));
}

static void write_parties(struct cst_json *json, const struct cst_finding *finding)
{
    if (finding->has_block || finding->told != NULL) {
        cst_json_open(json, "owner", '{');
        write_party(json, &finding->owner);
        cst_json_close(json, '}');
    }
    if (finding->has_by) {
        cst_json_open(json, "by", '{');
        write_party(json, &finding->by);
        cst_json_string(json, "call", cst_expect_call(finding));
        cst_json_close(json, '}');
    }
}

static void write_expect(struct cst_json *json, const struct cst_finding *finding)
{
    char advice[CST_EXPECT_SIZE];
    struct cst_text text;
    cst_text_init(&text, advice, sizeof advice, 0);
    cst_expect_write(&text, finding);
    cst_json_string(json, "expect", advice);
}

static void write_thread(struct cst_json *json)
{
    char name[16];
    cst_sys_thread_name(name);
    cst_json_string(json, "thread", name);
}

static void write_place(struct cst_json *json, const struct cst_finding *finding)
{
    if (finding->place == CST_PLACE_NONE) {
        return;
    }
    cst_json_string(json, "place", cst_expect_place_name(finding->place));
    if (finding->place_name != NULL) {
        cst_json_string(json, "place_name", finding->place_name);
    }
}

static void write_given(struct cst_json *json, const struct cst_finding *finding)
{
    if (!finding->has_given_size && !finding->has_given_align) {
        return;
    }
    cst_json_open(json, "given", '{');
    if (finding->has_given_size) {
        cst_json_unsigned(json, "size", finding->given_size);
    }
    if (finding->has_given_align) {
        cst_json_unsigned(json, "align", finding->given_align);
    }
    cst_json_close(json, '}');
}

static void write_side(struct cst_json *json, const char *key, const struct cst_party *party)
{
    cst_json_open(json, key, '{');
    cst_json_string(json, "side", party->side);
    cst_json_string(json, "lang", custody_lang_name(party->lang));
    cst_json_close(json, '}');
}

static void write_holder(struct cst_json *json, const struct cst_finding *finding)
{
    if (!finding->has_holder) {
        return;
    }
    write_side(json, "held_by", &finding->holder);
}

static void write_policy(struct cst_json *json, const struct cst_finding *finding)
{
    if (finding->policy_file == NULL) {
        return;
    }
    char place[CST_POLICY_PLACE_SIZE];
    struct cst_text text;
    cst_text_init(&text, place, sizeof place, 0);
    cst_text_format(&text, "%s:%u", finding->policy_file, finding->policy_line);
    cst_json_string(json, "policy", place);
}

/* A moment's stack is resolved here once more; that it was before the line began leaves nothing to be registered now. */
static void write_moment(struct cst_json *json, const struct cst_moment *moment)
{
    cst_json_open(json, NULL, '{');
    cst_json_string(json, "deed", custody_deed_name(moment->deed));
    write_side(json, "by", &moment->by);
    if (moment->has_to) {
        write_side(json, "to", &moment->to);
    }
    cst_json_string(json, "thread", moment->thread);
    struct cst_trace trace;
    cst_trace_load(moment->stack, &trace);
    cst_trace_write(json, "stack", &trace);
    cst_json_close(json, '}');
}

static void write_history(struct cst_json *json, const struct cst_told *told)
{
    if (told->moment_count == 0) {
        return;
    }
    cst_json_open(json, "history", '[');
    for (size_t i = 0; i < told->moment_count; i++) {
        write_moment(json, &told->moments[i]);
    }
    cst_json_close(json, ']');
    if (told->moments_left_out > 0) {
        cst_json_unsigned(json, "history_left_out", told->moments_left_out);
    }
}

static void write_told(struct cst_json *json, const struct cst_told *told)
{
    if (told->type != NULL) {
        cst_json_string(json, "type", told->type);
    }
    if (told->expected_type != NULL) {
        cst_json_string(json, "expected_type", told->expected_type);
    }
    if (told->number != 0) {
        cst_json_unsigned(json, "number", told->number);
    }
    if (told->has_buffer) {
        cst_json_unsigned(json, "capacity", told->capacity);
        cst_json_unsigned(json, "length", told->length);
    }
    write_history(json, told);
}

/* What only findings of some kinds have. */
static void write_particulars(struct cst_json *json, const struct cst_finding *finding)
{
    write_place(json, finding);
    write_given(json, finding);
    if (finding->told != NULL) {
        write_told(json, finding->told);
    }
    if (finding->kind == CUSTODY_FINDING_INTERIOR_FREE) {
        cst_json_unsigned(json, "offset", finding->address - finding->block_address);
    }
    if (finding->kind == CUSTODY_FINDING_LEAK) {
        cst_json_string(json, "class", finding->leak_class);
        cst_json_unsigned(json, "blocks", finding->leak_blocks);
        cst_json_unsigned(json, "bytes", finding->leak_bytes);
        cst_json_string(json, "when", finding->leak_when);
        write_holder(json, finding);
    }
}

static void write_traces(struct cst_json *json, const struct cst_finding *finding, const struct traces *traces)
{
    if (finding->has_block) {
        cst_trace_write(json, "alloc", &traces->alloc);
    }
    if (finding->has_by) {
        cst_trace_write(json, "release", &traces->release);
    }
    if (finding->kind == CUSTODY_FINDING_DOUBLE_FREE) {
        cst_trace_write(json, "first_release", &traces->first_release);
    }
}

static void write_line(struct cst_json *json, const struct cst_finding *finding, const struct traces *traces,
                       uint64_t key)
{
    cst_json_string(json, "kind", custody_finding_name(finding->kind));
    cst_json_string(json, "severity", custody_severity_name(finding->severity));
    cst_json_string(json, "confidence", custody_confidence_name(finding->confidence));
    cst_json_digest(json, "key", key);
    cst_json_unsigned(json, "count", 1);
    write_block(json, finding);
    write_parties(json, finding);
    write_expect(json, finding);
    write_policy(json, finding);
    write_thread(json);
    write_particulars(json, finding);
    write_traces(json, finding, traces);
}

static void tell(const struct cst_finding *finding, const struct traces *traces, uint64_t key)
{
    struct cst_json *json = cst_line_begin("finding");
    if (json != NULL) {
        write_line(json, finding, traces, key);
        cst_line_end(json);
        return;
    }
    struct cst_text *text = finding->severity > CUSTODY_SEVERITY_NOTE ? cst_line_begin_message() : NULL;
    if (text != NULL) {
        cst_plain_write(text, finding, &traces->alloc, &traces->release, &traces->first_release);
        cst_line_end_message(text);
    }
}

/* Every module in it is registered, which is an event of its own, before the line of the finding begins. */
static void resolve_history(const struct cst_told *told)
{
    struct cst_trace trace;
    for (size_t i = 0; told != NULL && i < told->moment_count; i++) {
        cst_trace_load(told->moments[i].stack, &trace);
    }
}

uint64_t cst_audit_finding(const struct cst_finding *finding)
{
    struct traces traces;
    resolve_history(finding->told);
    cst_trace_resolve(&finding->alloc, &traces.alloc);
    cst_trace_resolve(&finding->release, &traces.release);
    cst_trace_resolve(&finding->first_release, &traces.first_release);
    uint64_t key = cst_key_make(finding, &traces.alloc, &traces.release);
    tell(finding, &traces, key);
    return key;
}
