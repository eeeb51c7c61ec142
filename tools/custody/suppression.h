/* Suppressions: findings that are to be passed over, by what custody-suppressions(7) lets a line say. Read from files by
 * suppression_file.c; applied here, as a pass over groups; summed up by suppression_summary.c. */
#ifndef CST_TOOL_SUPPRESSION_H
#define CST_TOOL_SUPPRESSION_H

#include "group.h"
#include "symbol.h"

/** One line, and what came of it. NULL stands for "any". */
struct cst_suppression {
    const char *path;
    unsigned long line;
    const char *text;    /**< as it stands there, for messages */
    const char *pattern; /**< LeakSanitizer's; of leaks only, and the fields below are then unused */
    const char *kind, *function, *module, *source, *side, *crate, *type; /**< globs, but `kind`, which is a name */
    bool has_max;
    uint64_t max; /**< most blocks (of leaks) or times over all processes; with more it suppresses nothing */

    size_t findings;                  /**< that it matched, of these logs */
    uint64_t times;                   /**< blocks of them or times, as for max */
    uint64_t leak_blocks, leak_bytes; /**< of those that are leaks */
};

/** Suppressions in the order of files and lines. Start with {0}. */
struct cst_suppressions {
    struct cst_arena arena;
    struct cst_suppression *items;
    size_t count;
};

/** True when it matched more than its max. */
bool cst_suppression_is_exceeded(const struct cst_suppression *suppression);

/** Sets suppressed_by of the groups that a suppression matches; the first one that does takes a group. */
void cst_suppressions_apply(struct cst_suppressions *suppressions, struct cst_groups *groups,
                            struct cst_symbols *symbols);

void cst_suppressions_free(struct cst_suppressions *suppressions);

#endif
