/* What events are made of: texts, parties, stacks and moments, from JSON into the log's arena. What is missing or of a wrong
 * type gets a default. Used by the other event_*.c. */
#ifndef CST_TOOL_EVENT_PARTS_H
#define CST_TOOL_EVENT_PARTS_H

#include "audit_log.h"

#include <jansson.h>

/** A copy of the text of `name`, or of `otherwise`, which may be NULL. */
const char *cst_event_text(struct cst_log *log, const json_t *object, const char *name, const char *otherwise);

/** A party; false when `object` is none. */
bool cst_event_party(struct cst_log *log, const json_t *object, struct cst_log_party *out_party);

/** A stack, cut when it is longer than any. */
struct cst_log_stack cst_event_stack(struct cst_log *log, const json_t *array);

/** A moment of a history, or what an event has in common with one. */
struct cst_log_moment cst_event_moment(struct cst_log *log, const json_t *object);

#endif
