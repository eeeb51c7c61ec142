/* The ledger of a block: who owns it now, who has it on loan, and how that came about. A block that changes hands is
 * transferred, and with it goes the duty to release it, in a stated way; a block that is used elsewhere for a while is
 * lent, shared or exclusively, and comes back before it is released (docs/findings.md: not-owner, released-while-lent,
 * lend-conflict, lend-outlived, transfer-leak).
 *
 *   custody_transfer(name, library, client, CUSTODY_CONTRACT_MALLOC);   // from now on the client frees it, by free()
 *   ...
 *   custody_releasing(client, name);                                    // without the preload: it does not see free()
 *   free(name);
 *
 *   custody_loan loan;
 *   custody_lend(table, client, library, CUSTODY_LOAN_SHARED, &loan);   // the library may read it until then
 *   ...
 *   custody_return(loan);
 *
 * Any address will do. Of a block of Custody's, or of any allocator when Custody is preloaded, its release is seen by
 * itself; of other memory it must be told (custody_releasing): what was not told of counts as never released, and the next
 * block at its address as the same one, which makes not-owner and transfer-leak inferred warnings there. The first call about a block takes its owner at its word,
 * unless custody_alloc made it for another side: blocks belong to modules, and a side that a program registered may well be
 * one of these. For the same reason a registered side and a module's are never held against each other, and side 0 may be
 * anybody.
 *
 * Functions that answer 0 have told of misuse in the audit log, with all that happened to the block. NULL is no block, of
 * which nothing is told. Where Custody is not running, or has no memory left for its ledger, the answer is 1. What a process
 * lent before it forked is not held against its child, which may lack the thread that has it. Any thread. */
#ifndef CUSTODY_LEDGER_H
#define CUSTODY_LEDGER_H

#include "custody/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A loan's number; 0 is none, which may be returned and does nothing. Never given twice. */
typedef uint64_t custody_loan;

enum custody_loan_kind {
    CUSTODY_LOAN_SHARED = 0,    /**< any number of them at one time; nobody changes the block */
    CUSTODY_LOAN_EXCLUSIVE = 1, /**< the only loan */
};

/** Hands the block at `block` over from its owner `from` to `to`, which is to release it under the contract `release`
 * (CUSTODY_CONTRACT_UNKNOWN: as before). Told of: not-owner, when `from` does not own it; released-while-lent, while it is on
 * loan. 1 when it was done, 0 when not. Who resizes the block afterwards must own it, too. A block that the receiver never
 * releases is a transfer-leak at exit. */
CUSTODY_API int custody_transfer(void *block, custody_side from, custody_side to, enum custody_contract release);

/** Lends the block that `block` points to or into. `from` is its owner or has it on loan: who has an exclusive loan may lend
 * anything on, who has a shared one may share it on. 1 and a loan; or 0 and none, told of as not-owner or lend-conflict.
 * `out_loan` may not be NULL. A loan that is out when the process ends is lend-outlived. */
CUSTODY_API int custody_lend(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind,
                             custody_loan *out_loan);

/** Gives a loan back, with all that was lent on from it. 0, told of as lend-outlived, when something was lent on from it and
 * is still out, and when it had been returned before or the block is gone. */
CUSTODY_API int custody_return(custody_loan loan);

/** `side` is about to release memory whose release Custody does not see: 1 when it may; 0, told of, otherwise. The ledger's
 * entry is closed in either case. For memory that Custody sees this is not needed, and does no harm. */
CUSTODY_API int custody_releasing(custody_side side, const void *block);

#ifdef __cplusplus
}
#endif

#endif
