/* Reads audit logs: JSON Lines into data. Tolerant where a killed process leaves traces, loud about anything else. */
#ifndef CST_TOOL_READER_H
#define CST_TOOL_READER_H

#include "audit_log.h"

/** Adds what the file at `path` says to `log`. A last line cut short is a note on stderr; other malformed lines are
 * reported as "PATH:LINE: ..." and skipped. False, after a message, when the file cannot be read, is of another version,
 * or holds lines but no event. `allow_empty` lets a file without any line pass. */
bool cst_reader_add(struct cst_log *log, const char *path, bool allow_empty);

#endif
