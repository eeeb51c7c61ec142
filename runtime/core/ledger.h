/* The ledger: who owns a block, and who has it on loan, as the program says it (include/custody/ledger.h); and what becomes
 * of a block of which it speaks, as the engine sees it (watch.h). Judges by what both say, and tells of breaches:
 * not-owner, released-while-lent, lend-conflict, lend-outlived, transfer-leak.
 *
 * Sides are numbers that are in use, or CST_SIDE_UNKNOWN, which may be anybody. A registered side and that of a module are
 * not compared: they may be one. What a parent process lent stands in no child's way. Functions that judge are false after telling of a breach; when memory is out nothing is
 * judged. Called under the recursion guard. One lock, for a short time, which is not held while anything is told. */
#ifndef CST_CORE_LEDGER_H
#define CST_CORE_LEDGER_H

#include "core/history.h"
#include "core/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Hands the block at `address` over. CUSTODY_CONTRACT_UNKNOWN leaves it to be released as it is now. */
bool cst_ledger_transfer(const struct cst_call *call, uintptr_t address, uint16_t from, uint16_t to,
                         enum custody_contract release);

/** Lends the block that `address` points to or into. *out_loan is 0 when it was not lent. */
bool cst_ledger_lend(const struct cst_call *call, uintptr_t address, uint16_t from, uint16_t to, bool is_exclusive,
                     uint64_t *out_loan);

/** Ends a loan, with all that was lent on from it. */
bool cst_ledger_return(const struct cst_call *call, uint64_t loan);

/** `side` is about to release what is at `address`: closes its entry. */
bool cst_ledger_releasing(const struct cst_call *call, uint16_t side, uintptr_t address);

/** Loans that are out of the block that `address` points to or into. */
size_t cst_ledger_loans(uintptr_t address);

/** What happened to that block, as far as the ledger knows. */
void cst_ledger_history(uintptr_t address, struct cst_history_copy *out_copy);

/** At the end of the process: tells what this process handed over and was never released, and what it lent and never came
 * back. Nothing is judged afterwards. */
void cst_ledger_farewell(void);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_ledger_after_fork(void);

#endif
