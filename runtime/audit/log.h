/* The file of the audit log: opened once, by its absolute path, on a high descriptor of its own, and appended to with
 * one write a line. Survives programs that close or reuse descriptors they did not open: the descriptor is checked
 * before each line and the file is opened again when it is no longer ours. A write that fails is said once, on stderr. A pipe
 * that nobody empties is waited for a short while in the life of the process, and then goes without.
 * Allocates nothing, takes no lock: the callers do, see gate.h. */
#ifndef CST_AUDIT_LOG_H
#define CST_AUDIT_LOG_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/** Opens the file at `path` for appending, creating it with mode 0600; a relative path is taken from the current
 * directory as it is now. Nothing of another user's is opened, nor a file with other names; a pipe needs a reader. 0, or an
 * errno: ENAMETOOLONG for paths above 4,095 bytes, otherwise as of cst_sys_open_append and cst_sys_judge_own. */
CST_MUST_USE int cst_log_open(const char *path);

/** True after a successful cst_log_open. */
bool cst_log_is_open(void);

/** Appends `size` bytes that end in a newline. */
void cst_log_append(const char *line, size_t size);

/** After fork, in the child: the log belongs to this process too. */
void cst_log_after_fork(void);

#endif
