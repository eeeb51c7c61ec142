/* Memory that the runtime maps for itself, and where it lies: whoever looks through the process's memory for pointers
 * must leave ours out, since what we note down about a block is no reference to it. Takes no lock; any thread, also in
 * signal handlers. */
#ifndef CST_PLAT_OWN_H
#define CST_PLAT_OWN_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Ranges that can be told at one time; what is mapped beside those already told is joined to them. */
#define CST_OWN_MAX 4096

/** As cst_sys_map, for memory that is ours: `size` zeroed bytes, whole pages. NULL when refused. */
CST_MUST_USE void *cst_own_map(size_t size);

/** Gives back memory from cst_own_map; all of it or a part. */
void cst_own_unmap(void *address, size_t size);

/** Notes that [address, address+size) is ours, though it was not mapped here: the heap's records of itself. */
void cst_own_note(const void *address, size_t size);

/** The opposite of cst_own_note, for all of what was noted or a part of it, right before it is unmapped. False when that
 * could not be noted: then it must stay mapped. */
CST_MUST_USE bool cst_own_forget(const void *address, size_t size);

/** Notes that the system refused memory that was to be ours, as cst_own_map does by itself. */
void cst_own_note_refusal(void);

/** True once memory of ours was refused. */
CST_MUST_USE bool cst_own_refused(void);

/** Range `index` of our memory, [*out_lo, *out_hi). False behind the last; ranges that were given back are empty. */
CST_MUST_USE bool cst_own_range(size_t index, uintptr_t *out_lo, uintptr_t *out_hi);

/** True once more ranges were mapped than can be told. */
CST_MUST_USE bool cst_own_overflowed(void);

#endif
