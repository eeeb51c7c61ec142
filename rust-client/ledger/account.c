/* Accounts: create, post, look, destroy, and what the caller gives away to them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/** The place of the next entry, with room made for it; NULL when memory is out. */
static struct ledger_entry *next_entry(struct ledger_account *account)
{
    if (account->entry_count == account->entry_room) {
        size_t room = account->entry_room > 0 ? 2 * account->entry_room : 4;
        struct ledger_entry *grown = realloc(account->entries, room * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        account->entries = grown;
        account->entry_room = room;
    }
    return &account->entries[account->entry_count];
}

enum ledger_status ledger_account_post(struct ledger_account *account, int64_t cents, const char *memo)
{
    if (account == NULL || memo == NULL || strlen(memo) > LEDGER_MEMO_MAX) {
        return ledger_fail(LEDGER_ERROR_ARGUMENT, "a memo has 31 bytes at most");
    }
    int64_t balance;
    if (__builtin_add_overflow(account->balance, cents, &balance)) {
        return ledger_fail(LEDGER_ERROR_ARGUMENT, "the balance would overflow");
    }
    if (balance < 0) {
        return ledger_fail(LEDGER_ERROR_FUNDS, "the balance would fall below zero");
    }
    struct ledger_entry *entry = next_entry(account);
    if (entry == NULL) {
        return ledger_fail(LEDGER_ERROR_MEMORY, "no memory for an entry");
    }
    account->entry_count++;
    memset(entry, 0, sizeof(*entry));
    entry->cents = cents;
    memcpy(entry->memo, memo, strlen(memo));
    account->balance = balance;
    return LEDGER_OK;
}

struct ledger_account *ledger_account_create(const char *owner, int64_t opening)
{
    if (owner == NULL || opening < 0) {
        ledger_fail(LEDGER_ERROR_ARGUMENT, "an account needs an owner and opens with 0 cents or more");
        return NULL;
    }
    struct ledger_account *account = calloc(1, sizeof(*account));
    if (account == NULL) {
        ledger_fail(LEDGER_ERROR_MEMORY, "no memory for an account");
        return NULL;
    }
    account->owner = ledger_string_copy(owner);
    if (account->owner == NULL || ledger_account_post(account, opening, "opening") != LEDGER_OK) {
        ledger_account_destroy(account);
        return NULL;
    }
    return account;
}

/** Releases the attachment as its giver asked. */
static void release_attachment(struct ledger_account *account)
{
    if (account->attachment_destroy != NULL) {
        account->attachment_destroy(account->attachment, account->attachment_length);
    } else {
        free(account->attachment);
    }
    account->attachment = NULL;
    account->attachment_length = 0;
    account->attachment_destroy = NULL;
}

void ledger_account_destroy(struct ledger_account *account)
{
    if (account == NULL) {
        return;
    }
    release_attachment(account);
    free(account->note);
    free(account->entries);
    free(account->owner);
    free(account);
}

const char *ledger_account_owner(const struct ledger_account *account)
{
    return account->owner;
}

int64_t ledger_account_balance(const struct ledger_account *account)
{
    return account->balance;
}

size_t ledger_account_entry_count(const struct ledger_account *account)
{
    return account->entry_count;
}

int ledger_account_each(const struct ledger_account *account, ledger_visit *visit, void *user)
{
    for (size_t i = 0; i < account->entry_count; i++) {
        int stop = visit(&account->entries[i], user);
        if (stop != 0) {
            return stop;
        }
    }
    return 0;
}

enum ledger_status ledger_account_rename(struct ledger_account *account, ledger_namer *namer, void *user)
{
    char *name = namer(user);
    if (name == NULL) {
        return ledger_fail(LEDGER_ERROR_MEMORY, "no memory for a name");
    }
    free(account->owner);
    account->owner = name;
    return LEDGER_OK;
}

enum ledger_status ledger_account_take_note(struct ledger_account *account, char *note)
{
    free(account->note);
    account->note = note;
    return LEDGER_OK;
}

void ledger_account_attach(struct ledger_account *account, void *data, size_t length, ledger_destroy *destroy)
{
    release_attachment(account);
    account->attachment = data;
    account->attachment_length = length;
    account->attachment_destroy = destroy;
}

uint64_t ledger_account_attachment_sum(const struct ledger_account *account)
{
    const unsigned char *bytes = account->attachment;
    uint64_t sum = 0;
    for (size_t i = 0; i < account->attachment_length; i++) {
        sum += bytes[i];
    }
    return sum;
}
