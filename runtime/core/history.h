/* Histories: what happened to an object, a block, a buffer or a callback, moment by moment, for the findings that it may
 * come to. The first moments and the last are kept, whatever lies between is counted. Memory is the runtime's own and is
 * used again. A history is its keeper's, who serialises calls about it; different ones may be changed at one time. */
#ifndef CST_CORE_HISTORY_H
#define CST_CORE_HISTORY_H

#include "core/finding.h"
#include "core/origin.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cst_history_entry;

/** Zeroed: nothing has happened yet. */
struct cst_history {
    struct cst_history_entry *first, *last;
    uint32_t kept, left_out;
};

/** What happened, for cst_history_add. */
struct cst_deed {
    enum custody_deed deed;
    uint16_t by, to;                /**< sides; `to` is CST_SIDE_UNKNOWN where nobody else takes part */
    enum custody_contract contract; /**< that `to` is to release it under; UNKNOWN where that is not said */
    uint32_t stack;                 /**< id: cst_history_stack */
    bool is_past;                   /**< it was done before, in a thread that is not known any more */
};

/** A history as a finding tells it. Several hundred bytes. */
struct cst_history_copy {
    struct cst_moment moments[CST_MOMENTS_MAX];
    size_t count, left_out;
};

/** The stack of a call into the API, as deep as the settings say; before any lock is taken. */
uint32_t cst_history_stack(const struct cst_call *call);

/** Adds a moment of the calling thread. When memory is out it is counted as left out. */
void cst_history_add(struct cst_history *history, const struct cst_deed *deed);

/** Copies what is known. */
void cst_history_copy(const struct cst_history *history, struct cst_history_copy *out_copy);

/** Adds a moment to a copy, such as the one that broke the rule; the history itself stays as it is. */
void cst_history_copy_add(struct cst_history_copy *copy, const struct cst_deed *deed);

/** Forgets everything. */
void cst_history_clear(struct cst_history *history);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_history_after_fork(void);

#endif
