/* What the ledger finds: a report is filled in under the ledger's lock, from the entry and the loan that it is about, and told
 * when the lock is free. At most one report comes of an act. All functions but `tell` are called under the lock. */
#ifndef CST_CORE_LEDGER_REPORT_H
#define CST_CORE_LEDGER_REPORT_H

#include "core/breach.h"
#include "core/history.h"
#include "core/ledger_book.h"
#include "core/origin.h"

#include <stdbool.h>
#include <stdint.h>

#define CST_LEDGER_ADVICE_SIZE 400

/** A breach on its way out of the lock. */
struct cst_ledger_report {
    bool found; /**< false: the rest means nothing */
    struct cst_breach breach;
    struct cst_history_copy history;
    char advice[CST_LEDGER_ADVICE_SIZE];
};

/** A call of the API, or, without a function, of an allocator; without a call, the end of the process. */
struct cst_ledger_act {
    const struct cst_call *call;
    const char *function;
    struct cst_deed deed;
};

/** not-owner: the block was released before. */
void cst_ledger_report_dead(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                            const struct cst_ledger_block *block);

/** not-owner: the block is another's. */
void cst_ledger_report_not_owner(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                 const struct cst_ledger_entry *entry);

/** released-while-lent, unless all loans are the parent process's. */
void cst_ledger_report_lent(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                            const struct cst_ledger_entry *entry);

/** lend-conflict, unless all loans are the parent process's. */
void cst_ledger_report_conflict(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                const struct cst_ledger_entry *entry);

/** lend-outlived; the clause says when the loan should have been returned. */
void cst_ledger_report_outlived(struct cst_ledger_report *report, const struct cst_ledger_act *act,
                                const struct cst_loan *loan, const char *clause);

/** lend-outlived: there is no loan of this number. */
void cst_ledger_report_no_loan(struct cst_ledger_report *report, const struct cst_ledger_act *act, uint64_t number);

/** transfer-leak: the block was handed over and never released. */
void cst_ledger_report_left(struct cst_ledger_report *report, const struct cst_ledger_entry *entry);

/** What was told of was not done: in the history the act is called `as`. */
void cst_ledger_report_refused(struct cst_ledger_report *report, enum custody_deed as);

/** Tells what was found, if anything; true when nothing was. Without the lock. */
bool cst_ledger_report_tell(struct cst_ledger_report *report);

#endif
