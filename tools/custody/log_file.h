/* The log file that `run` makes for a command: a named one, started afresh, or a private temporary one. */
#ifndef CST_TOOL_LOG_FILE_H
#define CST_TOOL_LOG_FILE_H

#include "arena.h"

#include <stdbool.h>

/** Makes the regular file at `path` empty, creating it readable by its owner only. Symbolic links, directories and devices
 * are refused. False after a message. */
bool cst_log_file_begin(const char *path);

/** Makes an empty private file in $TMPDIR or /tmp; its path is in the arena. NULL after a message. */
const char *cst_log_file_temporary(struct cst_arena *arena);

/** Why no more can be written to the log at `path`, which may lack its end then: its disk is full, say. NULL when there is
 * room, or when that cannot be told. */
const char *cst_log_file_why_full(const char *path);

#endif
