/* Crates of a side; see leak_crates.h. A program has few crates, so they are searched linearly. */
#include "leak_crates.h"

#include "bill.h"

#include <stdlib.h>
#include <string.h>

static bool is_of(const struct cst_group *group, const struct cst_program *program, const struct cst_log_side *side)
{
    const struct cst_log_finding *finding = group->first;
    return cst_group_is_leak(group) && !finding->on_request && finding->has_owner &&
           strcmp(finding->owner.side, side->side) == 0 && strcmp(finding->owner.lang, side->lang) == 0 &&
           strcmp(finding->process->program, program->name) == 0;
}

static struct cst_leak_crate *find_crate(struct cst_arena *arena, struct cst_leak_crates *crates, const char *name)
{
    for (size_t i = 0; i < crates->count; i++) {
        if (strcmp(crates->items[i].name, name) == 0) {
            return &crates->items[i];
        }
    }
    crates->items = cst_arena_extend(arena, crates->items, crates->count, sizeof *crates->items);
    struct cst_leak_crate *crate = &crates->items[crates->count++];
    crate->name = name;
    return crate;
}

static int most_first(const void *left, const void *right)
{
    const struct cst_leak_crate *a = left;
    const struct cst_leak_crate *b = right;
    if (a->live_bytes != b->live_bytes) {
        return a->live_bytes > b->live_bytes ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

struct cst_leak_crates cst_leak_crates_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                            const struct cst_groups *groups, const struct cst_program *program,
                                            const struct cst_log_side *side)
{
    struct cst_leak_crates crates = {0};
    for (size_t i = 0; strcmp(side->lang, "rust") == 0 && i < groups->count; i++) {
        const struct cst_group *group = &groups->items[i];
        if (is_of(group, program, side)) {
            struct cst_bill bill = cst_bill_make(arena, symbols, group->first);
            struct cst_leak_crate *crate = find_crate(arena, &crates, bill.crate);
            crate->live_blocks += group->leak_blocks;
            crate->live_bytes += group->leak_bytes;
        }
    }
    if (crates.count > 1) {
        qsort(crates.items, crates.count, sizeof *crates.items, most_first);
    }
    return crates;
}
