/* Symbols into a log that exists: what `run` adds once its command has ended. */
#ifndef CST_TOOL_LOG_SYMBOLS_H
#define CST_TOOL_LOG_SYMBOLS_H

#include "group.h"
#include "symbol.h"

/** Appends to the log at `path`, which was read into `log`, what the frames of the findings at or above `severity` mean, and
 * those of all deeds whose stacks were kept; one append a line. False, after a message, when it cannot be written; what the
 * log said before it still says. */
bool cst_log_symbols_append(const char *path, const struct cst_log *log, const struct cst_groups *groups, int severity,
                            struct cst_symbols *symbols);

#endif
