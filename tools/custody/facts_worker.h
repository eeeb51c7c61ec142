/* Facts of one file, made in a process of its own: files are hostile, and libraries read them. Whatever a damaged file
 * does there (a crash, a loop, all of the memory), the process that asked goes on, and is told. */
#ifndef CST_TOOL_FACTS_WORKER_H
#define CST_TOOL_FACTS_WORKER_H

#include "facts_cache.h"

/** Seconds that a file may take, unless somebody says otherwise. */
#define CST_FACTS_WORKER_SECONDS 120

/** As cst_facts_cache_make, in a child process that has `seconds` for it, at least 1. It ends when its parent does, has
 * no more memory than the largest modules need, and leaves no core. Waits for it. */
bool cst_facts_worker_make(const struct cst_facts_order *order, unsigned seconds, struct cst_facts_made *out_made);

#endif
