/* One event of an audit log, from JSON into the log's data. Unknown events and fields are ignored, as the log's
 * stability promise asks (docs/audit-log.md). The state kept between events is which process a pid stands for. */
#ifndef CST_TOOL_EVENT_H
#define CST_TOOL_EVENT_H

#include "audit_log.h"

#include <jansson.h>

struct cst_event_pid;

/** Where events of one log file go. Start with {.log = ...}, one per file: pids mean nothing across files. */
struct cst_event_sink {
    struct cst_log *log;
    struct cst_event_pid *pids;    /**< hash: pid to the process it stands for now */
    struct cst_recorded *recorded; /**< symbols that this file recorded; made when first needed */
};

/** Result of taking one event. */
enum cst_event_result {
    CST_EVENT_TAKEN,
    CST_EVENT_MALFORMED,     /**< not an object with v, event and pid */
    CST_EVENT_OTHER_VERSION, /**< `v` is not 1 */
};

/** Takes one event into the log. `*out_why` gets a static text when malformed. */
enum cst_event_result cst_event_take(struct cst_event_sink *sink, const json_t *event, const char **out_why);

/** Releases the sink's own state; the log stays. */
void cst_event_sink_free(struct cst_event_sink *sink);

#endif
