/* Reports of the ledger: see ledger_report.h. */
#include "core/ledger_report.h"

#include "base/text.h"
#include "core/side.h"

#include <string.h>

static const char *name_of(uint16_t side)
{
    return side == CST_SIDE_UNKNOWN ? "its owner" : cst_side_get(side)->name;
}

/* Memory whose release is not seen may rightly have been given back by whom it was handed to, and be somebody else's by now:
 * that it has not is concluded. While it is lent it must not be given back in any case. */
static bool is_concluded(enum custody_finding_kind kind, const struct cst_ledger_entry *entry)
{
    bool rests_on_owner = kind == CUSTODY_FINDING_NOT_OWNER || kind == CUSTODY_FINDING_TRANSFER_LEAK;
    return rests_on_owner && entry && !entry->block.is_seen;
}

/* Begins a report; the advice is appended to the text that is returned. */
static struct cst_text report_on(struct cst_ledger_report *report, enum custody_finding_kind kind,
                                 const struct cst_ledger_act *act, const struct cst_ledger_entry *entry)
{
    report->found = true;
    report->breach =
        (struct cst_breach){.kind = kind, .by = act->deed.by, .call = act->call, .told = {.function = act->function}};
    report->breach.is_inferred = is_concluded(kind, entry);
    report->history.count = report->history.left_out = 0;
    if (entry) {
        report->breach.address = entry->block.start;
        report->breach.owner = entry->owner;
        cst_history_copy(&entry->history, &report->history);
    }
    if (act->call)
        cst_history_copy_add(&report->history, &act->deed);
    struct cst_text advice;
    cst_text_init(&advice, report->advice, sizeof report->advice, 0);
    return advice;
}

/* What was told of was not done: in the history the act has a name of its own. */
void cst_ledger_report_refused(struct cst_ledger_report *report, enum custody_deed as)
{
    if (report->found && report->history.count > 0)
        report->history.moments[report->history.count - 1].deed = as;
}

/* What releases a block of this contract, without the conditions under which it is its maker's to call. */
static void write_release(struct cst_text *text, enum custody_contract contract)
{
    const char *words = custody_contract_release(contract);
    size_t length = strcspn(words, ",:");
    const char *condition = strstr(words, " for the same side");
    cst_text_bytes(text, words, condition ? (size_t)(condition - words) : length);
}

/* Tells what was found, if anything; true when nothing was. */
bool cst_ledger_report_tell(struct cst_ledger_report *report)
{
    if (!report->found)
        return true;
    report->breach.told.advice = report->advice;
    report->breach.history = &report->history;
    cst_breach_tell(&report->breach);
    return false;
}

void cst_ledger_report_dead(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                            const struct cst_ledger_block *block)
{
    struct cst_text advice = report_on(report, CUSTODY_FINDING_NOT_OWNER, act, NULL);
    report->breach.address = block->start;
    cst_text_string(&advice, "nothing, for the block was released before");
}

/* A release of such a block has to be told: without that it is the receiver's for ever. */
static void write_how_to_tell(struct cst_text *text, const struct cst_ledger_entry *entry)
{
    if (!entry->block.is_seen)
        cst_text_string(text, "; its release, which Custody does not see, is told with custody_releasing()");
}

/* Who is to release a block that was handed over, and how. */
static void write_receiver(struct cst_text *text, const struct cst_ledger_entry *entry)
{
    write_release(text, entry->contract);
    cst_text_format(text, " by %s, which it was handed to", name_of(entry->owner));
    write_how_to_tell(text, entry);
}

void cst_ledger_report_not_owner(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                 const struct cst_ledger_entry *entry)
{
    struct cst_text advice = report_on(report, CUSTODY_FINDING_NOT_OWNER, act, entry);
    if (!act->function) {
        write_receiver(&advice, entry);
        return;
    }
    cst_text_format(&advice, "a call by %s, which owns the block", name_of(entry->owner));
    write_how_to_tell(&advice, entry);
}

/* Of several loans the one is named that was made last. */
void cst_ledger_report_lent(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                            const struct cst_ledger_entry *entry)
{
    const struct cst_loan *loan = cst_book_own_loan(entry->out);
    if (!loan)
        return;
    struct cst_text advice = report_on(report, CUSTODY_FINDING_RELEASED_WHILE_LENT, act, entry);
    report->breach.told.number = loan->number;
    cst_text_format(&advice, "custody_return of loan %lu by %s first", (unsigned long)loan->number, name_of(loan->to));
}

void cst_ledger_report_conflict(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                const struct cst_ledger_entry *entry)
{
    const struct cst_loan *loan = cst_book_own_loan(entry->out);
    while (loan && !loan->is_exclusive)
        loan = cst_book_own_loan(loan->next);
    if (!loan)
        loan = cst_book_own_loan(entry->out);
    if (!loan)
        return;
    struct cst_text advice = report_on(report, CUSTODY_FINDING_LEND_CONFLICT, act, entry);
    report->breach.told.number = loan->number;
    cst_text_format(&advice, "custody_return of loan %lu by %s first, which is %s", (unsigned long)loan->number,
                    name_of(loan->to), loan->is_exclusive ? "exclusive" : "shared");
}

/* A loan that lasted too long; the clause says what should have been done. */
void cst_ledger_report_outlived(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                const struct cst_loan *loan, const char *clause)
{
    const struct cst_ledger_entry *entry = loan->entry;
    struct cst_text advice = report_on(report, CUSTODY_FINDING_LEND_OUTLIVED, act, entry);
    report->breach.told.number = loan->number;
    report->breach.is_gone = cst_book_find_start(entry->block.start) != entry || !cst_book_is_current(entry);
    cst_text_format(&advice, "custody_return of loan %lu by %s %s", (unsigned long)loan->number, name_of(loan->to),
                    clause);
}

void cst_ledger_report_no_loan(struct cst_ledger_report *report, const struct cst_ledger_act *act, uint64_t number)
{
    struct cst_text advice = report_on(report, CUSTODY_FINDING_LEND_OUTLIVED, act, NULL);
    report->breach.told.number = number;
    cst_text_string(&advice, "one custody_return for each loan, with the number that custody_lend gave");
}

void cst_ledger_report_left(struct cst_ledger_report *report, const struct cst_ledger_entry *entry)
{
    const struct cst_ledger_act act = {.call = NULL};
    struct cst_text advice = report_on(report, CUSTODY_FINDING_TRANSFER_LEAK, &act, entry);
    write_receiver(&advice, entry);
}
