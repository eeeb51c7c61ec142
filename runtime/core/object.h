/* Objects that libraries own: made or adopted, checked, counted, ended; and what is told when that goes wrong (wrong-type,
 * stale-handle, wrong-thread, handle-leak). Knows types, threads and references; their memory is the caller's affair.
 * Under the recursion guard but for cst_object_is_fine; takes the lock of one address for a short time. Where the
 * runtime could not be started everything is as ever, but nothing is told. */
#ifndef CST_CORE_OBJECT_H
#define CST_CORE_OBJECT_H

#include "core/history.h"
#include "core/origin.h"
#include "core/type.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An object begins at `address`: made with `size` bytes of memory, or adopted. INVALID_ARGUMENT when an adopted one begins
 * where another has not ended; EXHAUSTED. */
CST_MUST_USE custody_status cst_object_make(const struct cst_call *call, const struct cst_type *type, uintptr_t address,
                                            size_t size);
CST_MUST_USE custody_status cst_object_adopt(const struct cst_call *call, const struct cst_type *type,
                                             uintptr_t address);

/** True when `address` is a living object of `type` that this thread may use. False: ask cst_object_check. Takes no lock, and
 * may be called at any time. */
CST_MUST_USE bool cst_object_is_fine(uint32_t type, uintptr_t address);

/** As cst_object_is_fine in every case; tells of a false. */
CST_MUST_USE bool cst_object_check(const struct cst_call *call, uint32_t type, uintptr_t address);

/** One more reference. False, told of, as cst_object_check, and for types that have none. */
CST_MUST_USE bool cst_object_retain(const struct cst_call *call, uint32_t type, uintptr_t address);

/** One reference less, by the API function of this name. With CUSTODY_ENDED, *out_is_made says whether the object's memory
 * was made with it. */
CST_MUST_USE enum custody_ending cst_object_end(const struct cst_call *call, const char *function, uint32_t type,
                                                uintptr_t address, bool *out_is_made);

/** The name of the type of the living object at `address`; NULL when there is none. */
const char *cst_object_type_name(uintptr_t address);

/** What happened to the object at `address`, living or remembered; nothing when none is known. */
void cst_object_history(uintptr_t address, struct cst_history_copy *out_copy);

/** At exit: tells of the objects of this process that have not ended. */
void cst_object_farewell(void);

/** After fork, in the child: frees locks that other threads of the parent may have held. */
void cst_object_after_fork(void);

#endif
