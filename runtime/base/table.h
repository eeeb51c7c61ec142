/* uthash as the runtime uses it: memory from the pool, so nothing comes from the audited heap, and a table that cannot
 * grow keeps what it has instead of ending the program. Include this, never <uthash.h>. What a table gives
 * back when it grows is not reused: registries grow a few times in a process's life. With its last element a table gives everything back, too: one whose
 * elements come and go keeps an element that stays.
 *
 * A failed allocation inside HASH_ADD leaves the new element out of the table, with a NULL `tbl` in its handle. */
#ifndef CST_BASE_TABLE_H
#define CST_BASE_TABLE_H

#include "base/pool.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) cst_pool_alloc(size)
#define uthash_free(piece, size) ((void)(piece), (void)(size))
#define uthash_nonfatal_oom(element) ((void)(element))

/* The macros of uthash convert between signed and unsigned freely. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <uthash.h>
#pragma GCC diagnostic pop

#endif
