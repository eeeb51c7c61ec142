/* The table of callbacks: a record for each that is registered, found by its number without a search. A number is given
 * once: it says which record, and how often that was used before. Of callbacks that were dropped the record is kept as
 * long as possible: those dropped longest ago are used again first, and only when CST_CALLBACKS_DROPPED_MIN others were
 * dropped since. Memory is the runtime's own and never given back. */
#ifndef CST_CORE_CALLBACK_TABLE_H
#define CST_CORE_CALLBACK_TABLE_H

#include "core/history.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/** Callbacks that are registered at one time. */
#define CST_CALLBACKS_MAX ((size_t)1 << 20)
#define CST_CALLBACKS_DROPPED_MIN ((size_t)256)

enum cst_callback_state {
    CST_CALLBACK_NONE,     /**< the record was never used */
    CST_CALLBACK_LIVE,     /**< registered */
    CST_CALLBACK_DROPPING, /**< dropped while it runs: done when the last call is left */
    CST_CALLBACK_DROPPED,
};

/** What is known of one callback. */
struct cst_callback {
    _Atomic uint8_t state; /**< enum cst_callback_state */
    uint8_t generation;    /**< of the process that registered it */
    uint16_t keeper;       /**< side that keeps it */
    uint32_t running;      /**< calls entered and not left */
    uint64_t number;       /**< even */
    const char *name;      /**< base/names.h */
    void *_Atomic data;
    void (*drop)(void *data); /**< NULL: the data is not the library's */
    uint32_t entered;         /**< stack of the last call that was entered */
    char entered_in[16];      /**< and its thread */
    struct cst_history history;
    struct cst_callback *unused; /**< that comes after this one when it is unused */
};

/** A record for a new callback, with a number and nothing else: its history is empty, its state not LIVE. NULL when memory is
 * out, or there are too many. Its lock is not held. */
CST_MUST_USE struct cst_callback *cst_callbacks_add(void);

/** The record that `number` speaks of, which may have another number by now; NULL when there is none. Takes no lock. */
struct cst_callback *cst_callbacks_find(uint64_t number);

/** Takes the lock of a record, of 64. */
void cst_callbacks_lock(const struct cst_callback *callback);
void cst_callbacks_unlock(const struct cst_callback *callback);

/** A callback was dropped: its record may be used again one day. Its lock is not held. */
void cst_callbacks_retire(struct cst_callback *callback);

/** Record `index` from 0; NULL behind the last. Takes no lock. */
struct cst_callback *cst_callbacks_at(size_t index);

/** After fork, in the child: frees locks that other threads of the parent may have held. */
void cst_callbacks_after_fork(void);

#endif
