/* A finding as JSON reports have it, stacks resolved; custody-report(1) describes it. Each result is a new reference. */
#ifndef CST_TOOL_JSON_FINDING_H
#define CST_TOOL_JSON_FINDING_H

#include "group.h"
#include "symbol.h"

#include <jansson.h>

/** What making them needs. Release the arena when done. */
struct cst_json_finding {
    struct cst_symbols *symbols;
    struct cst_arena arena;
};

json_t *cst_json_finding(struct cst_json_finding *maker, const struct cst_group *group);

/** The frames of a stack of `process`. */
json_t *cst_json_stack(struct cst_json_finding *maker, const struct cst_log_process *process,
                       const struct cst_log_stack *stack);

/** Adds the members of a moment of `process` to `object`. */
void cst_json_moment(struct cst_json_finding *maker, json_t *object, const struct cst_log_process *process,
                     const struct cst_log_moment *moment);

#endif
