/* Merging of equal findings; see group.h. The tables per program are in group_totals.c. */
#include "group.h"

#include "group_totals.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#define uthash_fatal(message) cst_say_and_exit("%s", message)
#include <uthash.h>

/* What one process has to say of a finding. */
struct share {
    const struct cst_log_process *process;
    enum custody_severity severity;
    uint64_t count, leak_blocks, leak_bytes;
    bool on_request;
};

/* A group under construction. */
struct draft {
    const struct cst_log_finding *first;
    size_t order; /* of appearance */
    struct share *shares;
    size_t share_count;
    uint64_t repeats; /* times beyond those that have a line */
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
    draft->first = finding;
    draft->order = order;
    return draft;
}

static struct share *find_share(const struct draft *draft, const struct cst_log_process *process)
{
    for (size_t i = draft->share_count; i > 0; i--) {
        if (draft->shares[i - 1].process == process) {
            return &draft->shares[i - 1];
        }
    }
    return NULL;
}

/* The share that the finding belongs to. Lines of one process mostly stand together, so one look back is enough; not so
 * those of a leak that was asked for, which lie as far apart as the program likes. */
static struct share *get_share(struct cst_arena *arena, struct draft *draft, const struct cst_log_finding *finding)
{
    size_t count = draft->share_count;
    struct share *share =
        count > 0 && draft->shares[count - 1].process == finding->process ? &draft->shares[count - 1] : NULL;
    if (!share && finding->process->leaks_on_request) {
        share = find_share(draft, finding->process);
    }
    if (!share) {
        draft->shares = cst_arena_extend(arena, draft->shares, count, sizeof *draft->shares);
        share = &draft->shares[draft->share_count++];
        share->process = finding->process;
        share->on_request = finding->on_request;
    }
    return share;
}

static void add_finding(struct cst_arena *arena, struct draft *draft, const struct cst_log_finding *finding)
{
    struct share *share = get_share(arena, draft, finding);
    if (!share->on_request && finding->on_request) {
        return;
    }
    /* The same blocks, looked at again. */
    if (share->on_request) {
        *share = (struct share){.process = finding->process, .on_request = finding->on_request};
    }
    if (finding->severity > share->severity) {
        share->severity = finding->severity;
    }
    share->count += finding->count;
    share->leak_blocks += finding->leak_blocks;
    share->leak_bytes += finding->leak_bytes;
    if (draft->first->on_request && !finding->on_request) {
        draft->first = finding;
    }
}

/* A repeat tells all times in its process, among them the first, which has a line and is counted already. */
static void add_repeat(struct draft *draft, const struct cst_log_process *process, uint64_t count)
{
    draft->repeats += count - (count > 0 && find_share(draft, process) ? 1 : 0);
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

static struct cst_group sum_up(const struct draft *draft)
{
    struct cst_group group = {.first = draft->first, .processes = draft->share_count, .count = draft->repeats};
    for (size_t i = 0; i < draft->share_count; i++) {
        const struct share *share = &draft->shares[i];
        group.severity = share->severity > group.severity ? share->severity : group.severity;
        group.count += share->count;
        group.leak_blocks += share->leak_blocks;
        group.leak_bytes += share->leak_bytes;
    }
    return group;
}

/* A group and its place in the order of appearance. */
struct ranked {
    struct cst_group group;
    size_t order;
};

static int worst_first(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
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
    struct ranked *ranked = cst_arena_alloc(&groups->arena, count * sizeof *ranked);
    for (size_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){.group = sum_up(list[i]), .order = list[i]->order};
    }
    qsort(ranked, count, sizeof *ranked, worst_first);
    groups->items = cst_arena_alloc(&groups->arena, count * sizeof *groups->items);
    for (size_t i = 0; i < count; i++) {
        groups->items[i] = ranked[i].group;
    }
    groups->count = count;
}

/* A block that something still pointed to when the process was asked may have been released since: once the process told
 * what was live at its end, only that counts. */
static bool is_outdated(const struct cst_log_finding *finding)
{
    bool lost = strcmp(finding->leak_class, "reachable") != 0 && strcmp(finding->leak_class, "live") != 0;
    return finding->on_request && finding->process->leaks_at_exit && !lost;
}

struct cst_groups cst_groups_make(const struct cst_log *log)
{
    struct cst_groups groups = {0};
    struct draft *by_key = NULL;
    struct draft **list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < log->finding_count; i++) {
        const struct cst_log_finding *finding = log->findings[i];
        if (is_outdated(finding)) {
            continue;
        }
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
    groups.policies = cst_policy_uses_make(&groups.arena, log);
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

static bool has_in_history(const struct cst_log_told *told, const char *side)
{
    for (size_t i = 0; i < told->history_count; i++) {
        const struct cst_log_moment *moment = &told->history[i];
        if (strcmp(moment->by.side, side) == 0 || (moment->has_to && strcmp(moment->to.side, side) == 0)) {
            return true;
        }
    }
    return false;
}

bool cst_group_has_side(const struct cst_group *group, const char *side)
{
    const struct cst_log_finding *finding = group->first;
    return !side || (finding->has_owner && strcmp(finding->owner.side, side) == 0) ||
           (finding->has_by && strcmp(finding->by.side, side) == 0) ||
           (finding->has_holder && strcmp(finding->holder.side, side) == 0) || has_in_history(&finding->told, side);
}

bool cst_group_is_leak(const struct cst_group *group)
{
    return strcmp(group->first->kind, custody_finding_name(CUSTODY_FINDING_LEAK)) == 0;
}

bool cst_group_is_crossing(const struct cst_group *group)
{
    return strcmp(group->first->kind, custody_finding_name(CUSTODY_FINDING_CROSS_SIDE_FREE)) == 0;
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
        count += groups->items[i].severity == severity && !groups->items[i].suppressed_by;
    }
    return count;
}

bool cst_groups_reach(const struct cst_groups *groups, int severity)
{
    for (size_t i = 0; i < groups->count; i++) {
        if ((int)groups->items[i].severity >= severity && !groups->items[i].suppressed_by) {
            return true;
        }
    }
    return false;
}
