/* Renderers of statements. Both write a summary with snprintf, which never overruns; they differ in what they report. */
#include "client.h"

#include <stdio.h>

/** Writes the summary as far as it fits and returns the length that it would have. */
static size_t print_summary(const struct ledger_account *account, char *buffer, size_t capacity)
{
    int length = snprintf(buffer, capacity, "%s has %lld cents after %zu entries\n", ledger_account_owner(account),
                          (long long)ledger_account_balance(account), ledger_account_entry_count(account));
    return length > 0 ? (size_t)length : 0;
}

enum ledger_status renderer_overclaiming(const struct ledger_account *account, char *buffer, size_t capacity,
                                         size_t *out_length, void *user)
{
    (void)user;
    *out_length = print_summary(account, buffer, capacity);
    return LEDGER_OK;
}

enum ledger_status renderer_honest(const struct ledger_account *account, char *buffer, size_t capacity,
                                   size_t *out_length, void *user)
{
    (void)user;
    *out_length = print_summary(account, buffer, capacity);
    return *out_length < capacity ? LEDGER_OK : LEDGER_ERROR_CAPACITY;
}
