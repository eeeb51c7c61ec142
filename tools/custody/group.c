/* Merging of equal findings; see group.h. The tables per program are in group_totals.c. */
#include "group.h"

#include "group_totals.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* A group under construction. */
struct draft {
    struct cst_group group;
    size_t order;                             /* of appearance */
    const struct cst_log_process **processes; /* that have a line of it */
    UT_hash_handle hh;
};

static struct draft *find_draft(struct draft *drafts, const char *key)
{
    struct draft *draft = NULL;
    HASH_FIND_STR(drafts, key, draft);
    return draft;
}

static struct draft *make_draft(struct cst_arena *arena, const struct cst_log_finding *finding, size_t order)
{
    struct draft *draft = cst_arena_alloc(arena, sizeof *draft);
    draft->group.first = finding;
    draft->group.severity = finding->severity;
    draft->order = order;
    return draft;
}

static void add_finding(struct cst_arena *arena, struct draft *draft, const struct cst_log_finding *finding)
{
    struct cst_group *group = &draft->group;
    if (finding->severity > group->severity) {
        group->severity = finding->severity;
    }
    group->count += finding->count;
    group->leak_blocks += finding->leak_blocks;
    group->leak_bytes += finding->leak_bytes;
    if (group->processes > 0 && draft->processes[group->processes - 1] == finding->process) {
        return;
    }
    draft->processes = cst_arena_extend(arena, draft->processes, group->processes, sizeof *draft->processes);
    draft->processes[group->processes++] = finding->process;
}

static bool came_in(const struct draft *draft, const struct cst_log_process *process)
{
    for (size_t i = 0; i < draft->group.processes; i++) {
        if (draft->processes[i] == process) {
            return true;
        }
    }
    return false;
}

/* A repeat tells all times in its process, among them the first, which has a line and is counted already. */
static void add_repeat(struct draft *draft, const struct cst_log_process *process, uint64_t count)
{
    draft->group.count += count - (count > 0 && came_in(draft, process) ? 1 : 0);
}

static void add_repeats(struct draft *drafts, const struct cst_log *log)
{
    for (size_t i = 0; i < log->process_count; i++) {
        const struct cst_log_process *process = log->processes[i];
        for (size_t j = 0; j < process->repeat_count; j++) {
            struct draft *draft = find_draft(drafts, process->repeats[j].key);
            if (draft) {
                add_repeat(draft, process, process->repeats[j].count);
            }
        }
    }
}

static int worst_first(const void *left, const void *right)
{
    const struct draft *a = *(struct draft *const *)left;
    const struct draft *b = *(struct draft *const *)right;
    if (a->group.severity != b->group.severity) {
        return a->group.severity > b->group.severity ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void collect(struct cst_groups *groups, struct draft **list, size_t count)
{
    if (count == 0) {
        return;
    }
    qsort(list, count, sizeof(struct draft *), worst_first);
    groups->items = cst_arena_alloc(&groups->arena, count * sizeof *groups->items);
    for (size_t i = 0; i < count; i++) {
        groups->items[i] = list[i]->group;
    }
    groups->count = count;
}

struct cst_groups cst_groups_make(const struct cst_log *log)
{
    struct cst_groups groups = {0};
    struct draft *by_key = NULL;
    struct draft **list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < log->finding_count; i++) {
        const struct cst_log_finding *finding = log->findings[i];
        struct draft *draft = *finding->key ? find_draft(by_key, finding->key) : NULL;
        if (!draft) {
            draft = make_draft(&groups.arena, finding, count);
            list = cst_arena_extend(&groups.arena, list, count, sizeof(struct draft *));
            list[count++] = draft;
            if (*finding->key) {
                HASH_ADD_KEYPTR(hh, by_key, finding->key, strlen(finding->key), draft);
            }
        }
        add_finding(&groups.arena, draft, finding);
    }
    add_repeats(by_key, log);
    HASH_CLEAR(hh, by_key);
    collect(&groups, list, count);
    cst_group_totals(&groups, log);
    return groups;
}

void cst_groups_free(struct cst_groups *groups)
{
    cst_arena_free(&groups->arena);
    *groups = (struct cst_groups){0};
}

const struct cst_group *cst_groups_find(const struct cst_groups *groups, const char *key)
{
    for (size_t i = 0; *key && i < groups->count; i++) {
        if (strcmp(groups->items[i].first->key, key) == 0) {
            return &groups->items[i];
        }
    }
    return NULL;
}

bool cst_group_has_side(const struct cst_group *group, const char *side)
{
    const struct cst_log_finding *finding = group->first;
    return !side || (finding->has_owner && strcmp(finding->owner.side, side) == 0) ||
           (finding->has_by && strcmp(finding->by.side, side) == 0);
}

static bool program_has_side(const struct cst_program *program, const char *side)
{
    for (size_t i = 0; i < program->side_count; i++) {
        if (strcmp(program->sides[i].side, side) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < program->crossing_count; i++) {
        if (strcmp(program->crossings[i].from, side) == 0 || strcmp(program->crossings[i].to, side) == 0) {
            return true;
        }
    }
    return false;
}

bool cst_groups_have_side(const struct cst_groups *groups, const char *side)
{
    for (size_t i = 0; i < groups->program_count; i++) {
        if (program_has_side(&groups->programs[i], side)) {
            return true;
        }
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (cst_group_has_side(&groups->items[i], side)) {
            return true;
        }
    }
    return false;
}

size_t cst_groups_count(const struct cst_groups *groups, enum custody_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < groups->count; i++) {
        count += groups->items[i].severity == severity;
    }
    return count;
}

bool cst_groups_reach(const struct cst_groups *groups, int severity)
{
    return groups->count > 0 && (int)groups->items[0].severity >= severity;
}
