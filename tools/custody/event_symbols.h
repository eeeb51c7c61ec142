/* The event that records what frames mean. Part of event.c's work, kept apart by subject. */
#ifndef CST_TOOL_EVENT_SYMBOLS_H
#define CST_TOOL_EVENT_SYMBOLS_H

#include "recorded.h"

#include <jansson.h>

/** Takes a `symbols` event into the table of its file. What is malformed in it is left out. */
void cst_event_symbols(struct cst_log *log, struct cst_recorded *recorded, const json_t *event);

#endif
