/* A finding in plain words; the contract stands in the header. Names come from files and may hold anything: they are
 * made printable, since this goes to terminals. */
#include "audit/plain.h"

#include "audit/expect.h"
#include "audit/plain_told.h"

static void write_party(struct cst_text *text, const char *name, const char *quality)
{
    cst_text_printable(text, name);
    cst_text_format(text, " (%s)", quality);
}

static void write_leak(struct cst_text *text, const struct cst_finding *finding)
{
    cst_text_format(text, "%zu %s, %zu bytes of %s (", finding->leak_blocks,
                    finding->leak_blocks == 1 ? "block" : "blocks", finding->leak_bytes,
                    custody_contract_name(finding->owner.contract));
    cst_text_printable(text, finding->owner.side);
    cst_text_string(text, ") never released");
}

static void write_subject(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->has_block) {
        cst_text_format(text, "%zu bytes of %s (", finding->block_size, custody_contract_name(finding->owner.contract));
        cst_text_printable(text, finding->owner.side);
        cst_text_char(text, ')');
        return;
    }
    cst_text_format(text, "0x%lx", finding->address);
    if (finding->place != CST_PLACE_NONE) {
        cst_text_format(text, " (%s", cst_expect_place_name(finding->place));
        cst_text_string(text, finding->place_name != NULL ? ": " : "");
        cst_text_printable(text, finding->place_name);
        cst_text_char(text, ')');
    }
}

static void write_given(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->has_given_size) {
        cst_text_format(text, ", given as %zu bytes", finding->given_size);
    }
    if (finding->has_given_align) {
        cst_text_format(text, ", given as aligned to %zu, made aligned to %zu", finding->given_align,
                        finding->block_align);
    }
}

static void write_facts(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->told != NULL) {
        cst_plain_told_write(text, finding);
        return;
    }
    if (!finding->has_by) {
        write_leak(text, finding);
        return;
    }
    write_subject(text, finding);
    cst_text_format(text, " released with %s by ", cst_expect_call(finding));
    write_party(text, finding->by.side, custody_lang_name(finding->by.lang));
    write_given(text, finding);
}

static void write_where(struct cst_text *text, const char *what, const struct cst_trace *trace)
{
    if (trace->count > 0) {
        cst_text_format(text, "custody:   %s at ", what);
        cst_trace_write_innermost(text, trace);
        cst_text_char(text, '\n');
    }
}

static void write_advice(struct cst_text *text, const struct cst_finding *finding)
{
    char bytes[CST_EXPECT_SIZE];
    struct cst_text advice;
    cst_text_init(&advice, bytes, sizeof bytes, 0);
    cst_expect_write(&advice, finding);
    cst_text_string(text, "custody:   expected: ");
    cst_text_printable(text, bytes);
    cst_text_char(text, '\n');
}

static void write_rule(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->policy_file != NULL) {
        cst_text_string(text, "custody:   forbidden by ");
        cst_text_printable(text, finding->policy_file);
        cst_text_format(text, ":%u\n", finding->policy_line);
    }
}

/* Of what the program told of, the history says where it was made; a call that is not a door releases nothing. */
static void write_places(struct cst_text *text, const struct cst_finding *finding,
                         const struct cst_plain_traces *traces)
{
    const struct cst_told *told = finding->told;
    if (told == NULL) {
        write_where(text, "allocated", traces->alloc);
        write_where(text, "released first", traces->first_release);
        write_where(text, "released", traces->release);
        return;
    }
    if (told->moment_count == 0) {
        write_where(text, "allocated", traces->alloc);
    }
    cst_plain_told_write_history(text, told, traces->told);
    write_where(text, told->function != NULL ? "called" : "released", traces->release);
}

void cst_plain_write(struct cst_text *text, const struct cst_finding *finding, const struct cst_plain_traces *traces)
{
    cst_text_format(text, "custody: %s: %s: ", custody_severity_name(finding->severity),
                    custody_finding_name(finding->kind));
    write_facts(text, finding);
    cst_text_format(text, " [%s]\n", custody_confidence_name(finding->confidence));
    write_places(text, finding, traces);
    write_rule(text, finding);
    write_advice(text, finding);
}
