/* Records what frames mean: gathers the frames of findings, resolves them while the programs are still what ran, and
 * makes `symbols` lines of them (docs/audit-log.md), for the log of a run or for a baseline. */
#ifndef CST_TOOL_RECORDER_H
#define CST_TOOL_RECORDER_H

#include "symbol.h"

struct cst_recorder;

/** Takes one line, newline included; false, with errno set, stops the recording. */
typedef bool cst_recorder_put(void *context, const char *line, size_t length);

/** An empty recorder; release it with cst_recorder_free. */
struct cst_recorder *cst_recorder_new(struct cst_symbols *symbols);

/** Adds the frames of all stacks of a finding, its history among them. */
void cst_recorder_add(struct cst_recorder *recorder, const struct cst_log_finding *finding);

/** Adds the frames of one stack of `process`. */
void cst_recorder_add_stack(struct cst_recorder *recorder, const struct cst_log_process *process,
                            const struct cst_log_stack *stack);

/** Makes lines of the frames whose calls are known, each of some 32 KiB at most. False when `put` said so. */
bool cst_recorder_write(const struct cst_recorder *recorder, cst_recorder_put *put, void *context);

void cst_recorder_free(struct cst_recorder *recorder);

#endif
