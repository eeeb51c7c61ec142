/* Callbacks: a function of the program that a library calls later, with user data that somebody must drop. Registering one
 * states who owns the data and how it is dropped; from then on the data is dropped once, never while the callback runs,
 * and the callback is not entered after its data was dropped or the library was closed (docs/findings.md: stale-handle,
 * released-while-lent, handle-leak). The library brackets each call:
 *
 *   custody_callback callback;
 *   custody_callback_register(library, "on_event", data, drop_data, &callback);
 *   ...
 *   void *data;
 *   if (custody_callback_enter(callback, &data)) {
 *       on_event(data, event);
 *       custody_callback_leave(callback);
 *   }
 *   ...
 *   custody_callback_drop(callback);      // or custody_close(library), which drops all that is left
 *
 * A callback must not unwind into C: custody.hpp (custody::boundary) and the Rust crate catch what is thrown and carry it
 * on to the side it came from. Functions that answer 0 have told of misuse in the audit log. A block that is released
 * while a callback is registered with it for data is told of as released-while-lent, where Custody sees the release. Data
 * that only a registered callback leads to is no leak.
 *
 * Any thread, but not in signal handlers; the drop function runs in the thread that drops, outside all locks. Where the
 * runtime could not be started all of this works, and nothing is told. */
#ifndef CUSTODY_CALLBACK_H
#define CUSTODY_CALLBACK_H

#include "custody/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A callback's number; 0 is none, which may be dropped and does nothing. Never given twice. */
typedef uint64_t custody_callback;

/** Registers a callback that the library `keeper` keeps, with its user data. `drop` releases the data, which is the
 * library's to do from now on; NULL: the data stays the caller's, who must drop the callback before the data. `name` is
 * copied, at most 254 bytes of it. INVALID_ARGUMENT, also when the library was closed; NOT_RUNNING; EXHAUSTED.
 * *out_callback is 0 then. */
CUSTODY_API custody_status custody_callback_register(custody_side keeper, const char *name, void *data,
                                                     void (*drop)(void *data), custody_callback *out_callback);

/** Before a call: 1 and the data, which is not dropped before custody_callback_leave; or 0, told of as stale-handle, when it
 * was dropped or its library closed: then the function must not be called. May be entered again before it was left.
 * `out_data` may be NULL. */
CUSTODY_API int custody_callback_enter(custody_callback callback, void **out_data);

/** After a call, in the same thread. 0, told of as stale-handle, when it was not entered. */
CUSTODY_API int custody_callback_leave(custody_callback callback);

/** Drops the callback and its data: 1. 0, told of as stale-handle, when that was done before; 0, told of as
 * released-while-lent, while the callback runs: then no further call begins, and the data is dropped when the last one is
 * left, by the thread that leaves it. */
CUSTODY_API int custody_callback_drop(custody_callback callback);

/** The library `side` is closed: its callbacks that are left are dropped, and none may be entered any more. How many were
 * dropped; those that run, too, as by custody_callback_drop. Registering the side again opens it (custody_side_register; the
 * side of a module by the name that custody_side_name gives). */
CUSTODY_API size_t custody_close(custody_side side);

#ifdef __cplusplus
}
#endif

#endif
