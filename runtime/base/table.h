/* uthash as the runtime uses it: memory from the pool, so nothing comes from the audited heap, and a table that cannot
 * grow keeps what it has instead of ending the program. Include this, never <uthash.h>. What a table gives back, when it
 * grows and with its last element, is kept for the next that asks for as much.
 *
 * A failed allocation inside HASH_ADD leaves the new element out of the table, with a NULL `tbl` in its handle. */
#ifndef CST_BASE_TABLE_H
#define CST_BASE_TABLE_H

#include "base/pool.h"

#define HASH_NONFATAL_OOM 1
/** Memory for a table's own records, of any content: at least `size` bytes. NULL when memory is out. Any thread. */
CST_MUST_USE void *cst_table_alloc(size_t size);

/** Takes `memory` back, which was asked for with the same `size`. */
void cst_table_free(void *memory, size_t size);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_table_after_fork(void);

#define uthash_malloc(size) cst_table_alloc(size)
#define uthash_free(piece, size) cst_table_free(piece, size)
#define uthash_nonfatal_oom(element) ((void)(element))

/* The macros of uthash convert between signed and unsigned freely. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <uthash.h>
#pragma GCC diagnostic pop

#endif
