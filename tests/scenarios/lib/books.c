/* books: see books.h. */
#include "books.h"

#include <stdlib.h>

struct ledger {
    int count, unused[4];
};
struct account {
    int balance;
};
struct window {
    int drawn;
};
struct page {
    int lines;
};

static custody_side side;
static custody_type ledger_type, account_type, window_type, page_type;
static void (*listener)(void *data);
static int calls; /* keeps the last call of a function from being a jump */

custody_side books_start(void)
{
    custody_side_of_code((const void *)books_start, &side);
    custody_type_register(side, "ledger", "ledger_close", CUSTODY_TYPE_PLAIN, &ledger_type);
    custody_type_register(side, "account", "account_close", CUSTODY_TYPE_PLAIN, &account_type);
    custody_type_register(side, "window", "window_close", CUSTODY_TYPE_THREAD_BOUND, &window_type);
    custody_type_register(side, "page", "page_unref", CUSTODY_TYPE_COUNTED, &page_type);
    calls++;
    return side;
}

struct ledger *ledger_open(void)
{
    struct ledger *ledger = custody_create(ledger_type, sizeof *ledger);
    calls++;
    return ledger;
}

int ledger_count(struct ledger *ledger)
{
    return custody_check(ledger_type, ledger) ? ledger->count : -1;
}

void ledger_close(struct ledger *ledger)
{
    custody_destroy(ledger_type, ledger);
    calls++;
}

struct account *account_open(void)
{
    struct account *account = calloc(1, sizeof *account);
    if (account && custody_adopt(account_type, account) == CUSTODY_STATUS_OK)
        return account;
    free(account);
    return NULL;
}

int account_balance(struct account *account)
{
    return custody_check(account_type, account) ? account->balance : -1;
}

void account_close(struct account *account)
{
    if (custody_end(account_type, account) == CUSTODY_ENDED)
        free(account);
    calls++;
}

struct window *window_open(void)
{
    struct window *window = custody_create(window_type, sizeof *window);
    calls++;
    return window;
}

int window_draw(struct window *window)
{
    return custody_check(window_type, window) ? ++window->drawn : -1;
}

void window_close(struct window *window)
{
    custody_destroy(window_type, window);
    calls++;
}

struct page *page_new(void)
{
    struct page *page = custody_create(page_type, sizeof *page);
    calls++;
    return page;
}

struct page *page_ref(struct page *page)
{
    return custody_retain(page_type, page) ? page : NULL;
}

void page_unref(struct page *page)
{
    custody_destroy(page_type, page);
    calls++;
}

custody_callback books_listen(void (*function)(void *data), void *data, void (*drop)(void *data))
{
    custody_callback callback;
    listener = function;
    custody_callback_register(side, "on_entry", data, drop, &callback);
    calls++;
    return callback;
}

int books_tell(custody_callback callback)
{
    void *data;
    if (!custody_callback_enter(callback, &data))
        return -1;
    listener(data);
    custody_callback_leave(callback);
    return 0;
}

int books_forget(custody_callback callback)
{
    int done = custody_callback_drop(callback);
    calls++;
    return done;
}

size_t books_stop(void)
{
    size_t dropped = custody_close(side);
    calls++;
    return dropped;
}
