/* A finding, and a module that it speaks of, as the log has them: JSON with the fields of docs/audit-log.md. */
#ifndef CST_TOOL_FINDING_JSON_H
#define CST_TOOL_FINDING_JSON_H

#include "group.h"

#include <jansson.h>

/** The `finding` event without v, pid, seq and t. Of leaks it tells what came to one process on average. */
json_t *cst_finding_json(const struct cst_group *group);

/** The `module` event of the module `id`, without v, pid, seq and t, and without the addresses it had. */
json_t *cst_finding_json_module(const struct cst_log_module *module, size_t id);

#endif
