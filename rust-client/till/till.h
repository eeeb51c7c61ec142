/* Till: a cash till. A second small library in C, made the way that old ones are: handles are `void *`, an event is a tag
 * with a union, a variable is exported, functions keep what they are given. It knows Custody, and tells it of its objects,
 * callbacks and loans; compiled with CUSTODY_DISABLE it does without.
 *
 * Threads: a till belongs to the thread that opened it. Functions answer 0, or a count, when all went well, and -1 when the
 * library refuses to work. */
#ifndef TILL_H
#define TILL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TILL_API __attribute__((visibility("default")))

/** The calling convention of the system, where that is another than C's. */
#define TILL_CALL

/** Bytes of a name and of a note, with their NUL. */
#define TILL_TEXT_SIZE 32

/** Tills that are open in this process. Only read it. */
extern TILL_API int till_open_count;

/** What a till can hold. */
enum till_coin {
    TILL_CENT = 1,
    TILL_TEN = 10,
    TILL_EURO = 100,
};

/** What can happen at a till. */
enum till_event_tag {
    TILL_OPENED = 0,
    TILL_SALE = 1,
    TILL_NOTE = 2,
};

/** Something that happened. */
struct till_event {
    enum till_event_tag tag;
    union {
        struct {
            int64_t cents;
            int count;
        } sale; /**< of TILL_SALE */
        struct {
            char text[TILL_TEXT_SIZE];
        } note; /**< of TILL_NOTE */
    };
};

/** Sizes and places as this library has them, for those who declare them in another language: bytes and alignment of an
 * event, and the offset of sale.cents, sale.count and note.text in it. */
extern TILL_API const size_t till_layout[5];

/* ---- Handles ---- */

/** Opens a till. `name` is copied, as far as it fits. NULL when memory ran out. Closed by till_close. */
TILL_API void *till_open(const char *name);

/** Closes a till, with its own drawer. Its listener is dropped and its printer set free. */
TILL_API int till_close(void *till);

/** The drawer that is built into a till, and stays the till's. */
TILL_API void *till_own_drawer(void *till);

/** A drawer of the caller's. NULL when memory ran out. Released by till_drawer_free. */
TILL_API void *till_drawer_new(void);

/** Releases a drawer that till_drawer_new made. */
TILL_API int till_drawer_free(void *drawer);

/** Puts `count` coins into a drawer. */
TILL_API int till_drawer_put(void *drawer, enum till_coin coin, unsigned count);

/** What the coins in a drawer add up to, in cents; -1 when refused. */
TILL_API int64_t till_drawer_total(const void *drawer);

/* ---- What happens at a till ---- */

/** Sells something. */
TILL_API int till_sell(void *till, int64_t cents, int count);

/** Makes a note, copied as far as it fits. */
TILL_API int till_note(void *till, const char *text);

/** Copies the oldest events into `events`, which has room for `capacity`. Answers how many there are in all. */
TILL_API int till_events(const void *till, struct till_event *events, size_t capacity);

/** Writes the name and its NUL into `buffer`, which has room for `capacity` bytes. Answers the length of the name, also when
 * it was too long: then nothing is written. */
TILL_API int till_name(const void *till, char *buffer, size_t capacity);

/** Sees one event, lent for the time of the call. */
typedef void till_visit(const struct till_event *event, void *user);

/** Shows a copy of the events to `visit`. May be unwound by it: this function is compiled with tables for that, but what it
 * holds meanwhile is lost then. */
TILL_API int till_replay(const void *till, till_visit *visit, void *user);

/** Releases user data. */
typedef void till_drop(void *user);

/** Has `listener` called at each event, until the till is closed or gets another one; NULL for none. `drop` releases `user`
 * then; when it is NULL, `user` is the caller's, and must live as long. */
TILL_API int till_listen(void *till, till_visit *listener, void *user, till_drop *drop);

/** Has each event written to `buffer`, as text, over the one before. The till has the buffer to itself, until it is closed or
 * gets another one; NULL for none. */
TILL_API int till_print_to(void *till, char *buffer, size_t capacity);

/** A sum over a text. */
TILL_API unsigned long TILL_CALL till_checksum(const char *text);

#ifdef __cplusplus
}
#endif

#endif
