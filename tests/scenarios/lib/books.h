/* books: a C library that owns what it makes, and has its boundary checked by Custody: each type has a function that makes an
 * object and one that ends it, and every function checks what it is given on entry. */
#ifndef SCENARIO_BOOKS_H
#define SCENARIO_BOOKS_H

#include <custody/custody.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The side of this library. Registers its types; before anything else. */
custody_side books_start(void);

/** A ledger: memory that Custody made. ledger_count answers -1 for what is no ledger. */
struct ledger;
struct ledger *ledger_open(void);
int ledger_count(struct ledger *ledger);
void ledger_close(struct ledger *ledger);

/** An account: memory from malloc, adopted. */
struct account;
struct account *account_open(void);
int account_balance(struct account *account);
void account_close(struct account *account);

/** A window: belongs to the thread that made it. */
struct window;
struct window *window_open(void);
int window_draw(struct window *window);
void window_close(struct window *window);

/** A page: has references. */
struct page;
struct page *page_new(void);
struct page *page_ref(struct page *page);
void page_unref(struct page *page);

/** Calls `function` with `data` at each books_tell, until books_forget or books_stop. `drop` releases the data. */
custody_callback books_listen(void (*function)(void *data), void *data, void (*drop)(void *data));
/** -1 where the callback must not be called. */
int books_tell(custody_callback callback);
int books_forget(custody_callback callback);
size_t books_stop(void);

#ifdef __cplusplus
}
#endif

#endif
