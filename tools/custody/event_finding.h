/* The event `finding`, from JSON into the log's data. */
#ifndef CST_TOOL_EVENT_FINDING_H
#define CST_TOOL_EVENT_FINDING_H

#include "audit_log.h"

#include <jansson.h>

/** Adds the finding to the log, as one of `process`. */
void cst_event_finding(struct cst_log *log, struct cst_log_process *process, const json_t *event);

#endif
