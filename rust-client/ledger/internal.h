/* What the files of the ledger library share and its callers never see: the account's layout and the way errors are
 * remembered. */
#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

#include "ledger.h"

struct ledger_account {
    char *owner; /**< from ledger_string_copy; never NULL */
    int64_t balance;

    struct ledger_entry *entries; /**< grown with realloc; owned */
    size_t entry_count, entry_room;

    ledger_renderer *renderer; /**< NULL for the library's own */
    void *renderer_user;       /**< the caller's */

    char *note; /**< owned; NULL when there is none */

    void *attachment; /**< owned; NULL when there is none */
    size_t attachment_length;
    ledger_destroy *attachment_destroy; /**< NULL for free() */
};

/** Remembers why a call failed, for ledger_last_error, and returns `status`. `reason` is copied. */
enum ledger_status ledger_fail(enum ledger_status status, const char *reason);

#endif
