/* Symbols that a log file recorded itself (its `symbols` events): what frames meant while the programs were still there.
 * One table per file, because a module without a build-id is the same only within one file. Filled by event_symbols.c,
 * asked by symbol.c. */
#ifndef CST_TOOL_RECORDED_H
#define CST_TOOL_RECORDED_H

#include "symbol.h"

struct cst_recorded;
struct cst_recorded_module;

/** An empty table in the log's arena; released with the log. */
struct cst_recorded *cst_recorded_new(struct cst_log *log);

/** What a module is called in tables: its path and build-id ("" when it has none), in the arena. */
const char *cst_recorded_name(struct cst_arena *arena, const char *path, const char *build_id);

/** The module called `name`, made if need be. */
struct cst_recorded_module *cst_recorded_add_module(struct cst_log *log, struct cst_recorded *recorded,
                                                    const char *name);

/** Puts down the calls at `offset`, which are in the log's arena; the first answer stays. */
void cst_recorded_add(struct cst_log *log, struct cst_recorded_module *module, uint64_t offset, struct cst_calls calls);

/** The module called `name`; NULL when nothing was recorded of it. `recorded` may be NULL. */
const struct cst_recorded_module *cst_recorded_find_module(const struct cst_recorded *recorded, const char *name);

/** The calls at `offset`; NULL when they were not recorded. `module` may be NULL. */
const struct cst_calls *cst_recorded_find(const struct cst_recorded_module *module, uint64_t offset);

/** Releases all tables of a log; for cst_log_free. */
void cst_recorded_free(struct cst_recorded *newest);

#endif
