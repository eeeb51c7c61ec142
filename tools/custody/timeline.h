/* All that logs say of one address or one number, in the order in which it happened: deeds and findings. For
 * `custody report --block` and `--handle`. */
#ifndef CST_TOOL_TIMELINE_H
#define CST_TOOL_TIMELINE_H

#include "group.h"
#include "symbol.h"

#include <stdio.h>

/** A deed or a finding; the other is NULL. */
struct cst_timeline_entry {
    const struct cst_log_deed *deed;
    const struct cst_log_finding *finding;
};

/** In order of the lines. */
struct cst_timeline {
    struct cst_timeline_entry *items;
    size_t count;
    size_t deeds; /**< of them */
};

/** What it was asked for, and what it is printed with. */
struct cst_timeline_wish {
    const struct cst_log_interest *interest;
    bool all_calls; /**< frames of standard libraries too, one by one (text) */
    char *const *logs;
    size_t log_count;
};

/** Whatever the log keeps and `interest` covers, in the arena. */
struct cst_timeline cst_timeline_make(struct cst_arena *arena, const struct cst_log *log,
                                      const struct cst_log_interest *interest);

/** The process of an entry. */
const struct cst_log_process *cst_timeline_process(const struct cst_timeline_entry *entry);

/** The finding of an entry as a group, with the count of all that are equal. */
struct cst_group cst_timeline_group(const struct cst_groups *groups, const struct cst_log_finding *finding);

/** Prints the timeline, process by process. */
void cst_timeline_text(FILE *out, bool colour, const struct cst_timeline_wish *wish,
                       const struct cst_timeline *timeline, const struct cst_groups *groups,
                       struct cst_symbols *symbols);

/** Prints one JSON document, described in custody-report(1). False when it could not be written. */
bool cst_timeline_json(FILE *out, const struct cst_timeline_wish *wish, const struct cst_timeline *timeline,
                       const struct cst_groups *groups, struct cst_symbols *symbols);

#endif
