/* Callbacks: functions of the program that a library calls later, with the data that somebody must drop. Sees to it that data
 * is dropped once, not while a call runs, and that no call begins after that; what is tried all the same is told
 * (stale-handle, released-while-lent), as is data that nobody drops (handle-leak). Calls no function of the program: what
 * is to be dropped is handed to the caller, who does that outside the guard. Under the recursion guard; locks briefly.
 * Where the runtime could not be started everything is as ever, but nothing is told. */
#ifndef CST_CORE_CALLBACK_H
#define CST_CORE_CALLBACK_H

#include "core/origin.h"
#include "custody/callback.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Data that is to be dropped now; NULL as `function`: none is. */
struct cst_drop {
    void (*function)(void *data);
    void *data;
};

/** Registers a callback; `name` is copied. INVALID_ARGUMENT when its keeper is closed; EXHAUSTED. */
CST_MUST_USE custody_status cst_callback_register(const struct cst_call *call, uint16_t keeper, const char *name,
                                                  void *data, void (*drop)(void *data), uint64_t *out_number);

/** A call begins; false, told of, when it must not. */
CST_MUST_USE bool cst_callback_enter(const struct cst_call *call, uint64_t number, void **out_data);

/** A call has ended; false, told of, when none had begun. The data may be dropped now. */
CST_MUST_USE bool cst_callback_leave(const struct cst_call *call, uint64_t number, struct cst_drop *out_drop);

/** Drops a callback: false, told of, when that was done before, and while a call runs, which ends it. */
CST_MUST_USE bool cst_callback_drop(const struct cst_call *call, uint64_t number, struct cst_drop *out_drop);

/** From now on `side` keeps no callback. */
void cst_callback_close(uint16_t side);

/** `side` may keep callbacks again. */
void cst_callback_open(uint16_t side);

/** Drops one callback that a closed side has left, at or behind place `*place` (0 at first), which is moved on. False when
 * there is none. One that runs is told of, and dropped when its last call is left. */
CST_MUST_USE bool cst_callback_drop_next(const struct cst_call *call, uint16_t side, size_t *place,
                                         struct cst_drop *out_drop);

/** Calls `visit` with the data of each callback: the library holds it, though no memory of the program may say so. Takes
 * no lock; for a search while the other threads are halted. */
void cst_callback_each_data(void (*visit)(uintptr_t word, void *data), void *data);

/** At exit: tells of the callbacks of this process whose data was never dropped. */
void cst_callback_farewell(void);

/** After fork, in the child: frees locks that other threads of the parent may have held. */
void cst_callback_after_fork(void);

#endif
