/* Statements, rendered into buffers of the caller. Nothing is allocated and no pointer kept. */
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** A buffer being filled; `length` goes on counting when the room is used up. */
struct page {
    char *buffer;
    size_t capacity, length;
};

__attribute__((format(printf, 2, 3))) static void print(struct page *page, const char *format, ...)
{
    size_t room = page->length < page->capacity ? page->capacity - page->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(room > 0 ? page->buffer + page->length : NULL, room, format, arguments);
    va_end(arguments);
    page->length += length > 0 ? (size_t)length : 0;
}

static void print_amount(struct page *page, const char *label, int64_t cents)
{
    print(page, "%-31s %12" PRId64 ".%02d\n", label, cents / 100, (int)llabs(cents % 100));
}

static void print_statement(struct page *page, const struct ledger_account *account)
{
    print(page, "Statement for %s\n", account->owner);
    for (size_t i = 0; i < account->entry_count; i++) {
        print_amount(page, account->entries[i].memo, account->entries[i].cents);
    }
    print_amount(page, "Balance", account->balance);
    if (account->note != NULL) {
        print(page, "Note: %s\n", account->note);
    }
}

enum ledger_status ledger_statement_render(const struct ledger_account *account, char *buffer, size_t capacity,
                                           size_t *out_length)
{
    if (account == NULL || out_length == NULL || (buffer == NULL && capacity > 0)) {
        return ledger_fail(LEDGER_ERROR_ARGUMENT, "a statement needs an account, a buffer and a length");
    }
    if (account->renderer != NULL) {
        return account->renderer(account, buffer, capacity, out_length, account->renderer_user);
    }
    struct page page = {buffer, capacity, 0};
    print_statement(&page, account);
    *out_length = page.length;
    if (page.length >= capacity) {
        return ledger_fail(LEDGER_ERROR_CAPACITY, "the buffer is too small for the statement");
    }
    return LEDGER_OK;
}

void ledger_account_set_renderer(struct ledger_account *account, ledger_renderer *renderer, void *user)
{
    account->renderer = renderer;
    account->renderer_user = user;
}
