/* What all reports share; see report.h. The forms themselves are in text_report.c, json_report.c and folded_report.c. */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cst_report_wants(const struct cst_report_wish *wish, const struct cst_group *group)
{
    return !group->suppressed_by && (int)group->severity >= wish->severity && cst_group_has_side(group, wish->side);
}

bool cst_report_sums_up(const struct cst_report_wish *wish, const struct cst_group *group)
{
    return !wish->all_notes && group->severity == CUSTODY_SEVERITY_NOTE &&
           (cst_group_is_leak(group) || cst_group_is_crossing(group));
}

struct cst_report_leaks cst_report_choose_leaks(struct cst_arena *arena, const struct cst_report_wish *wish,
                                                const struct cst_groups *groups, bool listed)
{
    struct cst_report_leaks leaks = {0};
    for (size_t i = 0; i < groups->count; i++) {
        const struct cst_group *group = &groups->items[i];
        bool chosen = cst_group_is_leak(group) && cst_report_wants(wish, group);
        if (chosen && !(listed && cst_report_sums_up(wish, group))) {
            leaks.items = cst_arena_extend(arena, leaks.items, leaks.count, sizeof *leaks.items);
            leaks.items[leaks.count++] = group;
        }
    }
    return leaks;
}

void cst_report_totals(FILE *out, const struct cst_groups *groups)
{
    for (int severity = CUSTODY_SEVERITY_ERROR; severity >= CUSTODY_SEVERITY_NOTE; severity--) {
        size_t count = cst_groups_count(groups, (enum custody_severity)severity);
        fprintf(out, "%zu %s%s%s", count, custody_severity_name((enum custody_severity)severity), count == 1 ? "" : "s",
                severity == CUSTODY_SEVERITY_NOTE ? "" : ", ");
    }
    size_t processes = 0;
    for (size_t i = 0; i < groups->program_count; i++) {
        processes += groups->programs[i].processes;
    }
    fprintf(out, " in %zu process%s", processes, processes == 1 ? "" : "es");
}

bool cst_report_wants_colour(FILE *out)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool refused = (no_colour && *no_colour) || (terminal && strcmp(terminal, "dumb") == 0);
    return !refused && isatty(fileno(out));
}
