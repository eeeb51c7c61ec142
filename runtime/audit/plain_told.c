/* Findings about what the program told of, in plain words; see plain_told.h. */
#include "audit/plain_told.h"

#include "audit/expect.h"

#include <stdint.h>
#include <string.h>

/* "libledger.so (c)"; of a language that is not known only the side. */
static void write_party(struct cst_text *text, const struct cst_party *party)
{
    cst_text_printable(text, party->side);
    if (party->lang != CUSTODY_LANG_NONE) {
        cst_text_format(text, " (%s)", custody_lang_name(party->lang));
    }
}

static void write_party_after(struct cst_text *text, const char *words, const struct cst_party *party)
{
    if (party != NULL) {
        cst_text_string(text, words);
        write_party(text, party);
    }
}

static bool is_callback(const struct cst_told *told)
{
    return told->moment_count > 0 && told->moments[0].deed == CUSTODY_DEED_REGISTERED;
}

/* What the finding is about. */
static void write_subject(struct cst_text *text, const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    if (told->has_buffer) {
        cst_text_format(text, "buffer of %zu bytes", told->capacity);
        return;
    }
    bool owned = finding->owner.lang != CUSTODY_LANG_NONE || strcmp(finding->owner.side, "unknown") != 0;
    if (told->type != NULL) {
        cst_text_string(text, is_callback(told) ? "callback " : "");
        cst_text_printable(text, told->type);
    } else if (finding->has_block) {
        cst_text_format(text, "%zu bytes", finding->block_size);
    } else if (owned) {
        cst_text_string(text, "block");
    } else {
        cst_text_format(text, "0x%lx", finding->address);
    }
    write_party_after(text, " of ", owned ? &finding->owner : NULL);
}

/* The side that the last `deed` of the history went to, or that did it; NULL when there was none. */
static const struct cst_party *last_party(const struct cst_told *told, enum custody_deed deed, bool to)
{
    for (size_t i = told->moment_count; i > 0; i--) {
        const struct cst_moment *moment = &told->moments[i - 1];
        if (moment->deed == deed && (moment->has_to || !to)) {
            return to ? &moment->to : &moment->by;
        }
    }
    return NULL;
}

static void write_given(struct cst_text *text, const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    if (finding->has_by) {
        cst_text_format(text, ", given to %s", cst_expect_call(finding));
        /* Of the right type it is something else that is wrong. */
        if (told->expected_type != NULL && (told->type == NULL || strcmp(told->type, told->expected_type) != 0)) {
            cst_text_string(text, " as ");
            cst_text_printable(text, told->expected_type);
        }
        cst_text_string(text, " by ");
        write_party(text, &finding->by);
    }
}

/* Without a length nothing may be written. */
static void write_overrun(struct cst_text *text, const struct cst_told *told)
{
    const struct cst_party *borrower = last_party(told, CUSTODY_DEED_LEASED, true);
    if (told->length == SIZE_MAX) {
        cst_text_string(text, ", written where its lease");
        write_party_after(text, " to ", borrower);
        cst_text_string(text, " forbids it");
    } else if (told->function != NULL && strcmp(told->function, "custody_lease_begin") == 0) {
        cst_text_format(text, ", leased as %zu", told->length);
        write_party_after(text, " to ", borrower);
    } else {
        cst_text_format(text, ", written up to %zu", told->length);
        write_party_after(text, " in its lease to ", borrower);
    }
}

static void write_overclaim(struct cst_text *text, const struct cst_told *told)
{
    bool is_known = told->length != SIZE_MAX;
    if (is_known) {
        cst_text_format(text, ", reported as %zu", told->length);
    }
    cst_text_string(text, is_known && told->length > told->capacity ? "" : ", without its terminator");
    write_party_after(text, ", leased to ", last_party(told, CUSTODY_DEED_LEASED, true));
}

/* Who released it is known when a door told it; who wrote to it is not. */
static void write_retained(struct cst_text *text, const struct cst_finding *finding)
{
    if (finding->has_by && finding->told->function == NULL) {
        write_given(text, finding);
    } else {
        cst_text_string(text, ", written after its lease");
        write_party_after(text, " to ", last_party(finding->told, CUSTODY_DEED_LEASED, true));
    }
}

static void write_outlived(struct cst_text *text, const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    if (finding->has_by) {
        write_given(text, finding);
        return;
    }
    const struct cst_party *borrower = last_party(told, CUSTODY_DEED_LENT, true);
    const struct cst_party *only = last_party(told, CUSTODY_DEED_LENT_EXCLUSIVELY, true);
    write_party_after(text, ", lent to ", borrower != NULL ? borrower : only);
    cst_text_string(text, ", never returned");
}

void cst_plain_told_write(struct cst_text *text, const struct cst_finding *finding)
{
    const struct cst_told *told = finding->told;
    write_subject(text, finding);
    switch ((int)finding->kind) {
    case CUSTODY_FINDING_BUFFER_OVERRUN:
        write_overrun(text, told);
        write_given(text, finding);
        return;
    case CUSTODY_FINDING_BUFFER_OVERCLAIM:
        write_overclaim(text, told);
        write_given(text, finding);
        return;
    case CUSTODY_FINDING_BUFFER_RETAINED:
        write_retained(text, finding);
        return;
    case CUSTODY_FINDING_LEND_OUTLIVED:
        write_outlived(text, finding);
        return;
    case CUSTODY_FINDING_HANDLE_LEAK:
        cst_text_string(text, is_callback(told) ? ", never dropped" : ", never ended");
        return;
    case CUSTODY_FINDING_TRANSFER_LEAK:
        write_party_after(text, ", handed over by ", last_party(told, CUSTODY_DEED_TRANSFERRED, false));
        cst_text_string(text, ", never released");
        return;
    default:
        write_given(text, finding);
        return;
    }
}

static void write_moment(struct cst_text *text, const struct cst_moment *moment, const struct cst_trace *trace)
{
    cst_text_format(text, "custody:   %s", custody_deed_words(moment->deed));
    write_party_after(text, " to ", moment->has_to ? &moment->to : NULL);
    write_party_after(text, " by ", &moment->by);
    if (trace->count > 0) {
        cst_text_string(text, " at ");
        cst_trace_write_innermost(text, trace);
    }
    cst_text_char(text, '\n');
}

void cst_plain_told_write_history(struct cst_text *text, const struct cst_told *told,
                                  const struct cst_told_traces *traces)
{
    for (size_t i = 0; traces != NULL && i < told->moment_count && i < CST_MOMENTS_MAX; i++) {
        write_moment(text, &told->moments[i], &traces->of[i]);
    }
    if (told->moments_left_out > 0) {
        cst_text_format(text, "custody:   %zu more moments in between are not kept\n", told->moments_left_out);
    }
}
