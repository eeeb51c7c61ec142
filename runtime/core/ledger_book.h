/* The ledger's book: an entry for each block that was handed over or lent, and a record for each loan. Memory and look-up
 * only: what may be done to a block is the ledger's to say (ledger.h), which also serialises every call. Records of loans
 * that have ended are kept for a while, so that a second return can be told with all that came before.
 *
 * Memory is the runtime's own and is used again. */
#ifndef CST_CORE_LEDGER_BOOK_H
#define CST_CORE_LEDGER_BOOK_H

#include "base/table.h"
#include "core/history.h"
#include "core/tag.h"
#include "core/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What lies at an address. */
struct cst_ledger_block {
    uintptr_t start;    /**< of the block that the address points to or into; else the address */
    bool is_seen;       /**< a live block whose release is seen: of our heap, or of another allocator */
    bool is_ours;       /**< of our heap */
    bool is_dead;       /**< a block began at the address, and was released */
    struct cst_tag tag; /**< with is_seen: a copy */
};

enum cst_loan_state {
    CST_LOAN_OUT,
    CST_LOAN_RETURNED,
    CST_LOAN_TAKEN_BACK, /**< with the loan that it was a part of, which was told */
    CST_LOAN_GONE,       /**< its block was released */
    CST_LOAN_LAPSED,     /**< its block went where nobody can be blamed for it */
};

struct cst_ledger_entry;

/** Loans that are out, of a block by its owner, or of a loan by its borrower. */
struct cst_loan_parts {
    size_t out, exclusive;
};

struct cst_loan {
    uint64_t number;
    struct cst_ledger_entry *entry;
    struct cst_loan *lender;      /**< the loan that it is a part of, while it is out; NULL: lent by the owner */
    struct cst_loan_parts parts;  /**< what was lent on from it */
    struct cst_loan *next, *prev; /**< of the same entry, newest first; or among those not in use */
    uint16_t from, to;
    uint8_t generation; /**< of the process that lent */
    bool is_exclusive;
    enum cst_loan_state state;
    UT_hash_handle hh;
};

struct cst_ledger_entry {
    struct cst_ledger_block block;
    uint16_t owner;
    enum custody_contract contract; /**< that it is to be released under, once transferred */
    bool is_transferred;
    uint8_t generation;          /**< of the process that transferred it */
    struct cst_loan_parts parts; /**< lent by the owner */
    struct cst_loan *out;        /**< loans that are out, newest first */
    struct cst_loan *ended;      /**< that have ended, newest first */
    struct cst_history history;
    struct cst_ledger_entry *next; /**< among those not in use */
    UT_hash_handle hh;
};

/** What lies at `address`. */
struct cst_ledger_block cst_book_locate(uintptr_t address);

/** The entry of the block. One that is left of an earlier block, whose end was not seen, is closed. NULL when there is none. */
struct cst_ledger_entry *cst_book_find(const struct cst_ledger_block *block);

/** The entry under this start, whatever has become of its block; NULL when there is none. */
struct cst_ledger_entry *cst_book_find_start(uintptr_t start);

/** The first loan at or behind `loan` that this process made; NULL when there is none. Who has one of the parent's may be a
 * thread that is not here, so nobody is told to bring it back first. */
const struct cst_loan *cst_book_own_loan(const struct cst_loan *loan);

/** A new entry for the block, which is watched by `watcher` from now on if its release is seen. NULL when memory is out. */
struct cst_ledger_entry *cst_book_open(const struct cst_ledger_block *block, uint16_t owner,
                                       const struct cst_watcher *watcher);

/** The block of the entry is at another address now. */
void cst_book_move(struct cst_ledger_entry *entry, uintptr_t to);

/** The block is gone: closes its entry, whose loans are `state` then if they were out. The entry and its loans can still be
 * read until others have taken their place. */
void cst_book_close(struct cst_ledger_entry *entry, enum cst_loan_state state);

/** A new loan, with the next number. NULL when memory is out. */
struct cst_loan *cst_book_lend(struct cst_ledger_entry *entry, struct cst_loan *lender, uint16_t from, uint16_t to,
                               bool is_exclusive);

/** A loan that is out is so no more; nor may anything be that was lent on from it. */
void cst_book_end_loan(struct cst_loan *loan, enum cst_loan_state state);

/** The loan with this number, out or ended lately; NULL when there is none. */
struct cst_loan *cst_book_loan(uint64_t number);

/** The loans that are a part of the same as one that `lender` (NULL: the owner) makes. */
CST_INLINE struct cst_loan_parts *cst_book_parts(struct cst_ledger_entry *entry, struct cst_loan *lender)
{
    return lender ? &lender->parts : &entry->parts;
}

/** True when the entry speaks of the block that lies there now. */
bool cst_book_is_current(const struct cst_ledger_entry *entry);

/** Calls `visit` for each entry that is open; it must not open, move or close any. */
void cst_book_each(void (*visit)(struct cst_ledger_entry *entry, void *data), void *data);

#endif
