/* Baselines: the findings of logs, with what is needed to know them again in a later build, as a small log of their own. */
#ifndef CST_TOOL_BASELINE_FILE_H
#define CST_TOOL_BASELINE_FILE_H

#include "group.h"
#include "symbol.h"

/** Writes a log of the groups that are at or above `severity` and not suppressed to `path`: for each process that one of
 * them is from, its start and the modules of their frames; the findings, with what each leaked in a process on average;
 * and their symbols. The file takes its name when it is complete. False after a message. */
bool cst_baseline_file_write(const char *path, const struct cst_groups *groups, int severity,
                             struct cst_symbols *symbols, size_t *out_findings);

#endif
