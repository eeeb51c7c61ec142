/* Findings in one sentence; see headline.h. One function per shape of sentence, one table from kinds to shapes; a kind of
 * a later version gets the plainest one. */
#include "headline.h"

#include "deed.h"
#include "demangle.h"
#include "leak_class.h"

#include <inttypes.h>
#include <string.h>

typedef const char *sentence(struct cst_arena *arena, const struct cst_group *group);

const char *cst_headline_party(struct cst_arena *arena, const char *side, const char *lang)
{
    if (strcmp(lang, "unknown") == 0) {
        return strcmp(side, "unknown") == 0 ? "an unknown side" : side;
    }
    return cst_arena_format(arena, "%s (%s)", side, lang);
}

const char *cst_headline_bytes(struct cst_arena *arena, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 10 * 1024) {
        return cst_headline_count(arena, bytes, "byte");
    }
    double amount = (double)bytes / 1024;
    size_t unit = 0;
    while (amount >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        amount /= 1024;
        unit++;
    }
    return cst_arena_format(arena, "%.1f %s", amount, units[unit]);
}

const char *cst_headline_count(struct cst_arena *arena, uint64_t count, const char *noun)
{
    return cst_arena_format(arena, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

static const char *owner_of(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    return finding->has_owner ? cst_headline_party(arena, finding->owner.side, finding->owner.lang) : "an unknown side";
}

/* " by libledger.so (c) with free", or what is known of it. */
static const char *by_whom(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    if (!finding->has_by) {
        return "";
    }
    const char *by = cst_headline_party(arena, finding->by.side, finding->by.lang);
    if (!*finding->by.call) {
        return cst_arena_format(arena, " by %s", by);
    }
    return cst_arena_format(arena, " by %s with %s", by, cst_demangle(arena, finding->by.call));
}

/* "24 bytes of client (rust)", or "a block" when nothing is known. */
static const char *block_of(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    if (!finding->has_block) {
        return "a pointer";
    }
    const char *size = cst_headline_count(arena, finding->size, "byte");
    return cst_arena_format(arena, "%s of %s", size, owner_of(arena, finding));
}

static const char *plain_release(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    return cst_arena_format(arena, "%s released%s", block_of(arena, finding), by_whom(arena, finding));
}

static const char *release_across(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    return cst_arena_format(arena, "%s, made with contract '%s', released%s", block_of(arena, finding),
                            finding->owner.contract, by_whom(arena, finding));
}

static const char *release_again(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    return cst_arena_format(arena, "%s released a second time%s", block_of(arena, finding), by_whom(arena, finding));
}

static const char *release_inside(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const char *where = finding->has_offset ? cst_headline_count(arena, finding->offset, "byte") : "somewhere";
    return cst_arena_format(arena, "pointer %s into %s released%s", where, block_of(arena, finding),
                            by_whom(arena, finding));
}

static const char *wrong_layout(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const char *made = cst_arena_format(arena, "%s, align %" PRIu64 ",", block_of(arena, finding), finding->align);
    const char *size = "";
    const char *align = "";
    if (finding->has_given_size) {
        size = cst_headline_count(arena, finding->given_size, "byte");
    }
    if (finding->has_given_align) {
        align = cst_arena_format(arena, "%salign %" PRIu64, *size ? ", " : "", finding->given_align);
    }
    const char *as = *size || *align ? " as " : "";
    return cst_arena_format(arena, "%s released%s%s%s%s", made, as, size, align, by_whom(arena, finding));
}

static const char *no_block(struct cst_arena *arena, const struct cst_group *group)
{
    static const struct {
        const char *place, *words;
    } places[] = {
        {"stack", "pointer into a stack"},
        {"static", "pointer into static data"},
        {"mapping", "pointer into a mapping"},
        {"heap", "pointer into the heap, where no block lies,"},
        {"foreign", "pointer into memory of another allocator"},
        {"wild", "wild pointer (nothing is mapped there)"},
    };
    const struct cst_log_finding *finding = group->first;
    const char *what = "pointer that is no heap block";
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(finding->place, places[i].place) == 0) {
            what = places[i].words;
        }
    }
    /* Names such as "[stack]" are the kernel's for what has been said already. */
    bool named = *finding->place_name && finding->place_name[0] != '[';
    const char *name = named ? cst_arena_format(arena, " (%s)", finding->place_name) : "";
    return cst_arena_format(arena, "%s%s released%s", what, name, by_whom(arena, finding));
}

/* " of client (rust)", and who has the only references to its blocks when that is another side. */
static const char *whose(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    if (!finding->has_holder) {
        return cst_arena_format(arena, " of %s", owner_of(arena, finding));
    }
    return cst_arena_format(arena, " made by %s, held by %s,", owner_of(arena, finding),
                            cst_headline_party(arena, finding->holder.side, finding->holder.lang));
}

static const char *never_released(struct cst_arena *arena, const struct cst_group *group)
{
    return cst_arena_format(arena, "%s, %s%s %s", cst_headline_count(arena, group->leak_blocks, "block"),
                            cst_headline_bytes(arena, group->leak_bytes), whose(arena, group->first),
                            cst_leak_class_fate(arena, group->first, group->leak_blocks));
}

/* What `told` findings are about: "buffer of 8 bytes", "ledger of libledger.so (c)", "64 bytes of client (c)". */
static const char *subject(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    const struct cst_log_told *told = &finding->told;
    if (told->has_capacity) {
        return cst_arena_format(arena, "buffer of %s", cst_headline_count(arena, told->capacity, "byte"));
    }
    bool owned = finding->has_owner &&
                 !(strcmp(finding->owner.side, "unknown") == 0 && strcmp(finding->owner.lang, "unknown") == 0);
    const char *what = owned ? "block" : *finding->address ? finding->address : "a pointer";
    if (told->type) {
        what = cst_arena_format(arena, "%s%s", cst_deed_is_callback(told) ? "callback " : "", told->type);
    } else if (finding->has_block) {
        what = cst_headline_count(arena, finding->size, "byte");
    }
    return owned ? cst_arena_format(arena, "%s of %s", what, owner_of(arena, finding)) : what;
}

/* ", given to custody_check as account by client (c)", or what is known of it. */
static const char *given_to(struct cst_arena *arena, const struct cst_log_finding *finding)
{
    if (!finding->has_by) {
        return "";
    }
    const char *call = *finding->by.call ? cst_demangle(arena, finding->by.call) : "a function";
    const struct cst_log_told *told = &finding->told;
    /* Of the right type it is something else that is wrong. */
    bool is_right = told->type && told->expected_type && strcmp(told->type, told->expected_type) == 0;
    const char *type = is_right ? NULL : told->expected_type;
    return cst_arena_format(arena, ", given to %s%s%s by %s", call, type ? " as " : "", type ? type : "",
                            cst_headline_party(arena, finding->by.side, finding->by.lang));
}

static const char *given(struct cst_arena *arena, const struct cst_group *group)
{
    return cst_arena_format(arena, "%s%s", subject(arena, group->first), given_to(arena, group->first));
}

/* A length as the log has it; what is larger than the reader can tell is told so (number_clamp.h). */
static const char *length_of(struct cst_arena *arena, const struct cst_log_told *told)
{
    return cst_arena_format(arena, "%s%" PRIu64, told->length >= INT64_MAX ? "at least " : "", told->length);
}

/* " to libledger.so (c)", after the words in front, of who had it last by a deed; "" when nobody had. */
static const char *last_receiver(struct cst_arena *arena, const struct cst_log_told *told, const char *words,
                                 const char *deed)
{
    const struct cst_log_moment *moment = cst_deed_last(told, deed);
    return moment && moment->has_to
               ? cst_arena_format(arena, "%s%s", words, cst_headline_party(arena, moment->to.side, moment->to.lang))
               : "";
}

/* The library that a buffer was leased to, after the words in front. */
static const char *borrower(struct cst_arena *arena, const struct cst_log_told *told, const char *words)
{
    return last_receiver(arena, told, words, "leased");
}

static const char *buffer_overrun(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const struct cst_log_told *told = &finding->told;
    const char *how;
    if (told->has_length && strcmp(finding->by.call, "custody_lease_begin") == 0) {
        how = cst_arena_format(arena, "leased as %s%s", length_of(arena, told), borrower(arena, told, " to "));
    } else if (told->has_length) {
        how = cst_arena_format(arena, "written up to %s%s", length_of(arena, told),
                               borrower(arena, told, " in its lease to "));
    } else {
        how = cst_arena_format(arena, "written where its lease%s forbids it", borrower(arena, told, " to "));
    }
    return cst_arena_format(arena, "%s, %s%s", subject(arena, finding), how, given_to(arena, finding));
}

static const char *buffer_overclaim(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const struct cst_log_told *told = &finding->told;
    const char *length = told->has_length ? cst_arena_format(arena, ", reported as %s", length_of(arena, told)) : "";
    bool fits = !told->has_length || told->length <= told->capacity;
    return cst_arena_format(arena, "%s%s%s%s%s", subject(arena, finding), length,
                            fits ? ", without its terminator" : "", borrower(arena, told, ", leased to "),
                            given_to(arena, finding));
}

/* Who released a buffer is known; who wrote to it is not. */
static const char *buffer_retained(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    if (finding->has_by && !cst_deed_is_api(finding->by.call)) {
        return given(arena, group);
    }
    return cst_arena_format(arena, "%s, written after its lease%s", subject(arena, finding),
                            borrower(arena, &finding->told, " to "));
}

static const char *loan_outlived(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    if (finding->has_by) {
        return given(arena, group);
    }
    const char *keeper = last_receiver(arena, &finding->told, ", lent to ", "lent");
    if (!*keeper) {
        keeper = last_receiver(arena, &finding->told, ", lent to ", "lent-exclusively");
    }
    return cst_arena_format(arena, "%s%s, never returned", subject(arena, finding), keeper);
}

static const char *never_ended(struct cst_arena *arena, const struct cst_group *group)
{
    return cst_arena_format(arena, "%s, never %s", subject(arena, group->first),
                            cst_deed_is_callback(&group->first->told) ? "dropped" : "ended");
}

static const char *never_released_there(struct cst_arena *arena, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const struct cst_log_moment *moment = cst_deed_last(&finding->told, "transferred");
    const char *from = "";
    if (moment) {
        from =
            cst_arena_format(arena, ", handed over by %s", cst_headline_party(arena, moment->by.side, moment->by.lang));
    }
    return cst_arena_format(arena, "%s%s, never released", subject(arena, finding), from);
}

static sentence *sentence_for(const char *kind)
{
    static sentence *const sentences[CUSTODY_FINDING_COUNT] = {
        [CUSTODY_FINDING_CROSS_ALLOCATOR_FREE] = release_across,
        [CUSTODY_FINDING_MISMATCHED_RELEASE] = release_across,
        [CUSTODY_FINDING_LAYOUT_MISMATCH] = wrong_layout,
        [CUSTODY_FINDING_DOUBLE_FREE] = release_again,
        [CUSTODY_FINDING_INVALID_FREE] = no_block,
        [CUSTODY_FINDING_INTERIOR_FREE] = release_inside,
        [CUSTODY_FINDING_FOREIGN_FREE] = no_block,
        [CUSTODY_FINDING_WRONG_TYPE] = given,
        [CUSTODY_FINDING_STALE_HANDLE] = given,
        [CUSTODY_FINDING_WRONG_THREAD] = given,
        [CUSTODY_FINDING_NOT_OWNER] = given,
        [CUSTODY_FINDING_RELEASED_WHILE_LENT] = given,
        [CUSTODY_FINDING_LEND_CONFLICT] = given,
        [CUSTODY_FINDING_LEND_OUTLIVED] = loan_outlived,
        [CUSTODY_FINDING_BUFFER_OVERRUN] = buffer_overrun,
        [CUSTODY_FINDING_BUFFER_OVERCLAIM] = buffer_overclaim,
        [CUSTODY_FINDING_BUFFER_RETAINED] = buffer_retained,
        [CUSTODY_FINDING_HANDLE_LEAK] = never_ended,
        [CUSTODY_FINDING_TRANSFER_LEAK] = never_released_there,
        [CUSTODY_FINDING_LEAK] = never_released,
    };
    for (int i = 0; i < CUSTODY_FINDING_COUNT; i++) {
        if (strcmp(kind, custody_finding_name((enum custody_finding_kind)i)) == 0 && sentences[i]) {
            return sentences[i];
        }
    }
    return plain_release;
}

const char *cst_headline(struct cst_arena *arena, const struct cst_group *group)
{
    return sentence_for(group->first->kind)(arena, group);
}
