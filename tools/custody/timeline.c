/* What is known of one thing, in order; see timeline.h. The forms are in text_timeline.c and json_timeline.c. */
#include "timeline.h"

#include "numbered.h"

#include <stdlib.h>

static size_t line_of(const struct cst_timeline_entry *entry)
{
    return entry->deed ? entry->deed->line : entry->finding->line;
}

static int earliest_first(const void *left, const void *right)
{
    size_t a = line_of(left), b = line_of(right);
    return a < b ? -1 : a > b;
}

static void add(struct cst_arena *arena, struct cst_timeline *timeline, struct cst_timeline_entry entry)
{
    timeline->items = cst_arena_extend(arena, timeline->items, timeline->count, sizeof *timeline->items);
    timeline->items[timeline->count++] = entry;
}

static bool is_about(const struct cst_log_finding *finding, const struct cst_log_interest *interest)
{
    return (interest->has_address && cst_log_covers(finding->address, finding->size, interest->address)) ||
           (finding->told.has_number && cst_numbered_is(interest, cst_numbered_finding(finding), finding->told.number));
}

struct cst_timeline cst_timeline_make(struct cst_arena *arena, const struct cst_log *log,
                                      const struct cst_log_interest *interest)
{
    struct cst_timeline timeline = {0};
    for (size_t i = 0; i < log->deed_count; i++) {
        add(arena, &timeline, (struct cst_timeline_entry){.deed = log->deeds[i]});
    }
    timeline.deeds = timeline.count;
    for (size_t i = 0; i < log->finding_count; i++) {
        if (is_about(log->findings[i], interest)) {
            add(arena, &timeline, (struct cst_timeline_entry){.finding = log->findings[i]});
        }
    }
    if (timeline.count > 0) {
        qsort(timeline.items, timeline.count, sizeof *timeline.items, earliest_first);
    }
    return timeline;
}

const struct cst_log_process *cst_timeline_process(const struct cst_timeline_entry *entry)
{
    return entry->deed ? entry->deed->process : entry->finding->process;
}

struct cst_group cst_timeline_group(const struct cst_groups *groups, const struct cst_log_finding *finding)
{
    const struct cst_group *all = cst_groups_find(groups, finding->key);
    struct cst_group group = {.severity = finding->severity,
                              .count = finding->count,
                              .processes = 1,
                              .leak_blocks = finding->leak_blocks,
                              .leak_bytes = finding->leak_bytes};
    if (all) {
        group = *all;
    }
    group.first = finding;
    return group;
}
