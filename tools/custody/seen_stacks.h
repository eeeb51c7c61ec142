/* The different stacks of the deeds of a process: their frames are to be recorded, and a million deeds come from few places.
 * Filled by event_ownership.c, read by log_symbols.c. */
#ifndef CST_TOOL_SEEN_STACKS_H
#define CST_TOOL_SEEN_STACKS_H

#include "audit_log.h"

#include <jansson.h>

/** Keeps a stack of `process` unless it has been seen. */
void cst_seen_stacks_add(struct cst_log *log, struct cst_log_process *process, const json_t *array);

/** Calls `visit` with each of them, oldest first. `stacks` may be NULL. */
void cst_seen_stacks_visit(const struct cst_seen_stacks *stacks,
                           void (*visit)(void *context, const struct cst_log_stack *stack), void *context);

/** Releases the hash table's own memory; the stacks lie in the log's arena. NULL does nothing. */
void cst_seen_stacks_free(struct cst_seen_stacks *stacks);

#endif
