/* Ledger: accounts, their entries and their statements. A small C library that crosses a foreign boundary in each of the
 * ways that real ones do, and says for each pointer who owns it and until when.
 *
 * Library-owned: what ledger_account_create makes goes back to ledger_account_destroy. Caller-provided: the caller hands
 * over a buffer and its capacity, the library fills it and keeps nothing. Between the two stand copies that the library
 * makes for its caller (each family names its release function), and things that the caller gives away for good.
 *
 * Threads: an account belongs to one thread at a time; distinct accounts are independent. Errors: functions that can fail
 * return an enum ledger_status, or NULL; ledger_last_error() says more. Amounts are signed cents. Strings are
 * NUL-terminated bytes. No function unwinds, and no callback may. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEDGER_API __attribute__((visibility("default")))

/** Longest memo of an entry, in bytes, its NUL not counted. */
#define LEDGER_MEMO_MAX 31

/** What became of a call. */
enum ledger_status {
    LEDGER_OK = 0,
    LEDGER_ERROR_ARGUMENT = 1, /**< an argument is NULL, too long or out of range */
    LEDGER_ERROR_MEMORY = 2,   /**< memory ran out; nothing was changed */
    LEDGER_ERROR_CAPACITY = 3, /**< the caller's buffer is too small; the length says what is needed */
    LEDGER_ERROR_FUNDS = 4,    /**< the balance would fall below zero; nothing was changed */
};

/** An account. Opaque: made by ledger_account_create, released by ledger_account_destroy. */
struct ledger_account;

/** One movement on an account. */
struct ledger_entry {
    int64_t cents;                  /**< positive for money that came in */
    char memo[LEDGER_MEMO_MAX + 1]; /**< NUL-terminated */
};

/* ---- The library itself ---- */

/** The version, such as "1.0.0". Static data: never release it. */
LEDGER_API const char *ledger_version(void);

/** What the last failed call on this thread failed for; "" when none has. The library owns the string: never release it.
 * Valid until the next call on the same thread. */
LEDGER_API const char *ledger_last_error(void);

/* ---- Library-owned: create and destroy ---- */

/** Opens an account for `owner` (copied) that holds `opening` cents, >= 0. NULL on failure. The caller releases it with
 * ledger_account_destroy and in no other way. */
LEDGER_API struct ledger_account *ledger_account_create(const char *owner, int64_t opening);

/** Closes an account and releases all that it owns, notes and attachments included. NULL is allowed. */
LEDGER_API void ledger_account_destroy(struct ledger_account *account);

/** Who the account belongs to. The account owns the string: never release it. Valid until the account is renamed or
 * destroyed. */
LEDGER_API const char *ledger_account_owner(const struct ledger_account *account);

/** Adds an entry of `cents` with `memo` (copied; at most LEDGER_MEMO_MAX bytes). */
LEDGER_API enum ledger_status ledger_account_post(struct ledger_account *account, int64_t cents, const char *memo);

/** The balance, in cents. */
LEDGER_API int64_t ledger_account_balance(const struct ledger_account *account);

/** How many entries there are, the opening one included. */
LEDGER_API size_t ledger_account_entry_count(const struct ledger_account *account);

/* ---- Caller-provided: statements ----
 *
 * The two-call idiom: call once with capacity 0 to learn the length, and again with room for it and for the NUL. */

/** Renders a statement into `buffer`, which has room for `capacity` bytes and may be NULL when that is 0.
 * LEDGER_OK: the statement and its NUL were written, and `*out_length` is its length without the NUL, below `capacity`.
 * LEDGER_ERROR_CAPACITY: nothing useful was written; `*out_length` + 1 bytes are needed.
 * The buffer stays the caller's; no pointer into it is kept. */
LEDGER_API enum ledger_status ledger_statement_render(const struct ledger_account *account, char *buffer,
                                                      size_t capacity, size_t *out_length);

/** A way of rendering statements, under the same rules as ledger_statement_render. Must not change the account. */
typedef enum ledger_status ledger_renderer(const struct ledger_account *account, char *buffer, size_t capacity,
                                           size_t *out_length, void *user);

/** Has `renderer` render the statements of `account`; NULL goes back to the library's own. What it reports is passed on
 * unchecked. `user` is handed to it as it is, stays the caller's, and must live as long as the renderer is set. */
LEDGER_API void ledger_account_set_renderer(struct ledger_account *account, ledger_renderer *renderer, void *user);

/* ---- Callbacks with user data ---- */

/** Sees one entry, which is lent for the time of the call. Returns 0 to go on, anything else to stop. */
typedef int ledger_visit(const struct ledger_entry *entry, void *user);

/** Shows the entries to `visit`, oldest first, until it stops. Returns what it stopped with, or 0. `user` is handed over
 * as it is and stays the caller's. */
LEDGER_API int ledger_account_each(const struct ledger_account *account, ledger_visit *visit, void *user);

/** Makes a name. The result, a string from ledger_string_copy, becomes the library's; NULL when memory ran out. */
typedef char *ledger_namer(void *user);

/** Gives the account the name that `namer` makes, and releases the old name with free(). On failure the old name stays. */
LEDGER_API enum ledger_status ledger_account_rename(struct ledger_account *account, ledger_namer *namer, void *user);

/* ---- Copies for the caller: each family has its release function ---- */

/** A copy of `string`, made by the library. NULL when memory ran out. Released with ledger_string_free, or given away. */
LEDGER_API char *ledger_string_copy(const char *string);

/** A copy of the owner's name. NULL when memory ran out. Released with ledger_string_free. */
LEDGER_API char *ledger_account_owner_copy(const struct ledger_account *account);

/** Releases a string that the library made for its caller. NULL is allowed. */
LEDGER_API void ledger_string_free(char *string);

/** A copy of `length` bytes, made by the library. NULL when memory ran out. Released with ledger_bytes_free, or given
 * away. */
LEDGER_API void *ledger_bytes_copy(const void *bytes, size_t length);

/** The journal: one line an entry, `<cents> <memo>`, in all `*out_length` bytes without a NUL. NULL when memory ran out.
 * Released with ledger_bytes_free. */
LEDGER_API char *ledger_account_journal(const struct ledger_account *account, size_t *out_length);

/** Releases bytes that the library made for its caller. NULL is allowed. */
LEDGER_API void ledger_bytes_free(void *bytes);

/** The balance after each entry, `*out_count` of them. NULL when memory ran out. Released with ledger_balances_free. */
LEDGER_API int64_t *ledger_account_balances(const struct ledger_account *account, size_t *out_count);

/** Releases what ledger_account_balances made. NULL is allowed. */
LEDGER_API void ledger_balances_free(int64_t *balances);

/** The entries as columns of `count` elements each: five arrays, released together by ledger_columns_release. */
struct ledger_columns {
    size_t count;
    int64_t *cents;          /**< amount of each entry */
    int32_t *numbers;        /**< number of each entry, from 1 */
    double *shares;          /**< part of all money moved, 0 to 1 */
    uint16_t *memo_lengths;  /**< bytes of each memo */
    unsigned char *incoming; /**< 1 where money came in, else 0 */
};

/** Fills `*out_columns`. On failure it is all zero and nothing need be released. */
LEDGER_API enum ledger_status ledger_account_columns(const struct ledger_account *account,
                                                     struct ledger_columns *out_columns);

/** Releases the five arrays and zeroes the struct. The struct itself stays the caller's. */
LEDGER_API void ledger_columns_release(struct ledger_columns *columns);

/* ---- Given away: the library becomes the owner ---- */

/** Sets the account's note, a string from ledger_string_copy, which becomes the library's whatever is returned; it is
 * released with free() when it is replaced or the account destroyed. NULL removes the note. */
LEDGER_API enum ledger_status ledger_account_take_note(struct ledger_account *account, char *note);

/** Releases `length` bytes at `data` that were attached to an account. */
typedef void ledger_destroy(void *data, size_t length);

/** Attaches `length` bytes at `data`, which becomes the library's, replacing what was attached before. It is released by
 * `destroy`; when that is NULL, `data` must come from ledger_bytes_copy and is released with free(). */
LEDGER_API void ledger_account_attach(struct ledger_account *account, void *data, size_t length,
                                      ledger_destroy *destroy);

/** Sum of the attached bytes, each taken as 0..255; 0 when nothing is attached. */
LEDGER_API uint64_t ledger_account_attachment_sum(const struct ledger_account *account);

#ifdef __cplusplus
}
#endif

#endif
