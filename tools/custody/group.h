/* Groups: equal findings (same key) of all processes and logs become one, with their counts; totals of sides and crossings
 * become one table per program. What reports and gates work on. Groups point into the log they were made from. */
#ifndef CST_TOOL_GROUP_H
#define CST_TOOL_GROUP_H

#include "audit_log.h"
#include "policy_use.h"

struct cst_suppression;

/** One distinct finding. */
struct cst_group {
    const struct cst_log_finding *first; /**< the first time it was seen: its facts and stacks stand for all */
    enum custody_severity severity;      /**< the worst of all */
    uint64_t count;                      /**< times, over all processes */
    size_t processes;                    /**< processes it came in */
    uint64_t leak_blocks, leak_bytes;    /**< sums over all processes, of each what it told last */
    const struct cst_suppression
        *suppressed_by; /**< passed over for this reason (suppression.h); NULL when it counts */
};

/** Findings of all runs of one program, and its totals. */
struct cst_program {
    const char *name;
    size_t processes;
    size_t unfinished;          /**< of them without an `exit` or `exec` event: killed, or still running */
    struct cst_log_side *sides; /**< sums; peaks are the largest of any one process */
    size_t side_count;
    struct cst_log_crossing *crossings;
    size_t crossing_count;
};

/** Everything, merged. */
struct cst_groups {
    struct cst_arena arena;
    struct cst_group *items; /**< worst first, then in order of appearance */
    size_t count;
    struct cst_program *programs; /**< in order of appearance */
    size_t program_count;
    const struct cst_log_module **inferred; /**< modules whose Rust cannot be told from C exactly, each path once */
    size_t inferred_count;
    struct cst_policy_uses policies;
};

/** Merges a log. The log must outlive the result; release it with cst_groups_free. */
struct cst_groups cst_groups_make(const struct cst_log *log);

void cst_groups_free(struct cst_groups *groups);

/** The group with this key; NULL when none. */
const struct cst_group *cst_groups_find(const struct cst_groups *groups, const char *key);

/** True when `side` owns the block, releases it, holds what was not released, or takes part in its history. NULL stands for
 * any side. */
bool cst_group_has_side(const struct cst_group *group, const char *side);

/** True when the finding is of blocks that were not released. */
bool cst_group_is_leak(const struct cst_group *group);

/** True when another side released the block, through the right function. */
bool cst_group_is_crossing(const struct cst_group *group);

/** True when a finding, a total or a crossing names `side`. */
bool cst_groups_have_side(const struct cst_groups *groups, const char *side);

/** How many groups that are not suppressed are of exactly this severity. */
size_t cst_groups_count(const struct cst_groups *groups, enum custody_severity severity);

/** True when a group that is not suppressed is at or above `severity` (CST_SEVERITY_NEVER: false). */
bool cst_groups_reach(const struct cst_groups *groups, int severity);

#endif
