/* Findings of a log by what they are told apart by: their keys in the log, and their keys by function and line
 * (site_key.h). Says of a finding of another log whether it is among them. */
#ifndef CST_TOOL_FINDING_INDEX_H
#define CST_TOOL_FINDING_INDEX_H

#include "group.h"
#include "symbol.h"

struct cst_finding_index;

/** What leaked, on the average of the processes that it leaked in, rounded up. */
struct cst_finding_amount {
    uint64_t blocks, bytes;
};

/** How a finding stands to those of another log. */
enum cst_finding_standing {
    CST_FINDING_FRESH, /**< it is not among them */
    CST_FINDING_KNOWN,
    CST_FINDING_GREW, /**< known, and more leaks now in each process */
};

/** An index of all groups, suppressed or not, which must outlive it; release it with cst_finding_index_free. */
struct cst_finding_index *cst_finding_index_new(const struct cst_groups *groups, struct cst_symbols *symbols);

/** True when `group` is among the findings of the index, by its key or else by function and line. Keys by function and
 * line are made when first needed. */
bool cst_finding_index_has(struct cst_finding_index *index, const struct cst_group *group);

/** How `group`, which is of `now`, stands to the findings of `before`. With CST_FINDING_GREW the amounts say from what to
 * what; of several findings that are one by function and line, together. */
enum cst_finding_standing cst_finding_index_compare(struct cst_finding_index *before, struct cst_finding_index *now,
                                                    const struct cst_group *group,
                                                    struct cst_finding_amount *out_before,
                                                    struct cst_finding_amount *out_now);

void cst_finding_index_free(struct cst_finding_index *index);

#endif
