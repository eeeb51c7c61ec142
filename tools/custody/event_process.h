/* Events about processes: start, fork, exec, module, exit. Part of event.c's work, kept apart by subject. */
#ifndef CST_TOOL_EVENT_PROCESS_H
#define CST_TOOL_EVENT_PROCESS_H

#include "audit_log.h"

#include <jansson.h>

/** Fills a fresh process from its `start` event. */
void cst_event_start(struct cst_log *log, struct cst_log_process *process, const json_t *event);

/** Gives a forked process what it has from its parent (NULL when unknown): name and modules. */
void cst_event_fork(struct cst_log *log, struct cst_log_process *process, const struct cst_log_process *parent);

/** Adds a module to a process. Ids beyond CST_MODULE_IDS are ignored. */
void cst_event_module(struct cst_log *log, struct cst_log_process *process, const json_t *event);

/** Takes the totals of a process that ended. */
void cst_event_exit(struct cst_log *log, struct cst_log_process *process, const json_t *event);

#endif
