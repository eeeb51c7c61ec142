/* The events `handle`, `transfer`, `lend` and `lease`, from JSON into the log's data. */
#ifndef CST_TOOL_EVENT_OWNERSHIP_H
#define CST_TOOL_EVENT_OWNERSHIP_H

#include "audit_log.h"

#include <jansson.h>

/** True for the names of these events. */
bool cst_event_is_ownership(const char *name);

/** Adds the event called `name` to the log when the log's interest covers it. */
void cst_event_ownership(struct cst_log *log, struct cst_log_process *process, const char *name, const json_t *event);

#endif
