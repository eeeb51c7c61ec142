/* The event `finding`: a broken rule with its facts, or the same in plain words when there is no log. */
#include "audit/audit.h"
#include "audit/expect.h"
#include "audit/key.h"
#include "audit/line.h"
#include "audit/party.h"
#include "audit/plain.h"
#include "audit/told.h"
#include "audit/trace.h"
#include "plat/own.h"
#include "plat/sys.h"

/** Longest "FILE:LINE" of a rule: a path has at most 4096 bytes (PATH_MAX). */
#define CST_POLICY_PLACE_SIZE 4120

/* The stacks of a finding, resolved. */
struct traces {
    struct cst_trace alloc, release, first_release;
    struct cst_told_traces *told; /* NULL when there is no history */
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

static void write_holder(struct cst_json *json, const struct cst_finding *finding)
{
    if (!finding->has_holder) {
        return;
    }
    cst_party_write(json, "held_by", &finding->holder);
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

/* What only findings of some kinds have. */
static void write_particulars(struct cst_json *json, const struct cst_finding *finding)
{
    write_place(json, finding);
    write_given(json, finding);
    if (finding->told != NULL) {
        cst_told_write(json, finding->told);
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
    if (finding->told != NULL) {
        cst_told_write_history(json, finding->told, traces->told);
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
        const struct cst_plain_traces places = {.alloc = &traces->alloc,
                                                .release = &traces->release,
                                                .first_release = &traces->first_release,
                                                .told = traces->told};
        cst_plain_write(text, finding, &places);
        cst_line_end_message(text);
    }
}

/* Resolving may register modules, which are events of their own: all of it is done before the line of the finding begins. */
static uint64_t resolve_and_tell(const struct cst_finding *finding, struct traces *traces)
{
    traces->told = cst_told_resolve(finding->told);
    cst_trace_resolve(&finding->alloc, &traces->alloc);
    cst_trace_resolve(&finding->release, &traces->release);
    cst_trace_resolve(&finding->first_release, &traces->first_release);
    uint64_t key = cst_key_make(finding, &traces->alloc, &traces->release, traces->told ? &traces->told->of[0] : NULL);
    tell(finding, traces, key);
    cst_told_give(traces->told);
    return key;
}

static CST_NOINLINE uint64_t tell_from_stack(const struct cst_finding *finding)
{
    struct traces traces;
    return resolve_and_tell(finding, &traces);
}

/* The traces are longer than some threads' stacks can bear: they lie there only when there is nothing else. */
uint64_t cst_audit_finding(const struct cst_finding *finding)
{
    struct traces *traces = cst_own_map(sizeof *traces);
    if (traces == NULL) {
        return tell_from_stack(finding);
    }
    uint64_t key = resolve_and_tell(finding, traces);
    cst_own_unmap(traces, sizeof *traces);
    return key;
}
