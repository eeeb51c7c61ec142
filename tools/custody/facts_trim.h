/* Keeping a cache of facts files small: those go that were not used for the longest time. Without a lock: what another
 * process removes, or makes, meanwhile is its own affair. */
#ifndef CST_TOOL_FACTS_TRIM_H
#define CST_TOOL_FACTS_TRIM_H

#include <stddef.h>
#include <stdint.h>

/** What a cache may hold, in bytes. */
#define CST_FACTS_TRIM_BYTES ((uint64_t)512 << 20)

/** Removes facts files, those first that were not used for the longest time, until the others have no more than `limit`
 * bytes, and what writers left unfinished. Returns how many files went. `out_bytes`, unless NULL, gets their bytes. */
size_t cst_facts_trim(int directory, uint64_t limit, uint64_t *out_bytes);

#endif
