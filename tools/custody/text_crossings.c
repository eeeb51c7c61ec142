/* Notes of releases by another side, summed up; see text_crossings.h. */
#include "text_crossings.h"

#include "headline.h"

#include <string.h>

struct crossing_sum {
    const char *owner, *by, *contract;
    uint64_t places, times;
};

/* Sums are few: sides are modules. */
struct crossing_sums {
    struct crossing_sum *items;
    size_t count;
};

static struct crossing_sum *find_sum(struct cst_arena *arena, struct crossing_sums *sums,
                                     const struct crossing_sum *like)
{
    for (size_t i = 0; i < sums->count; i++) {
        struct crossing_sum *sum = &sums->items[i];
        if (strcmp(sum->owner, like->owner) == 0 && strcmp(sum->by, like->by) == 0 &&
            strcmp(sum->contract, like->contract) == 0) {
            return sum;
        }
    }
    sums->items = cst_arena_extend(arena, sums->items, sums->count, sizeof *sums->items);
    sums->items[sums->count] = *like;
    return &sums->items[sums->count++];
}

static struct crossing_sums sum_up(struct cst_arena *arena, const struct cst_report_wish *wish,
                                   const struct cst_groups *groups)
{
    struct crossing_sums sums = {0};
    for (size_t i = 0; i < groups->count; i++) {
        const struct cst_group *group = &groups->items[i];
        const struct cst_log_finding *finding = group->first;
        if (!cst_group_is_crossing(group) || !cst_report_wants(wish, group) || !cst_report_sums_up(wish, group)) {
            continue;
        }
        const struct crossing_sum like = {
            .owner = cst_headline_party(arena, finding->owner.side, finding->owner.lang),
            .by = cst_headline_party(arena, finding->by.side, finding->by.lang),
            .contract = finding->owner.contract,
        };
        struct crossing_sum *sum = find_sum(arena, &sums, &like);
        sum->places++;
        sum->times += group->count;
    }
    return sums;
}

void cst_text_crossings_print(const struct cst_canvas *canvas, const struct cst_report_wish *wish,
                              const struct cst_groups *groups)
{
    struct cst_arena arena = {0};
    struct crossing_sums sums = sum_up(&arena, wish, groups);
    for (size_t i = 0; i < sums.count; i++) {
        const struct crossing_sum *sum = &sums.items[i];
        cst_paint(canvas, CST_PAINT_NOTE, "note");
        cst_paint(canvas, CST_PAINT_PLAIN,
                  cst_arena_format(&arena, ": cross-side-free: %s released by %s, contract '%s': %s, from %s",
                                   sum->owner, sum->by, sum->contract, cst_headline_count(&arena, sum->times, "time"),
                                   cst_headline_count(&arena, sum->places, "place")));
        fputc('\n', canvas->file);
    }
    if (sums.count > 0) {
        cst_paint(canvas, CST_PAINT_DIM, "  (`custody report --severity note` shows each place)");
        fputs("\n\n", canvas->file);
    }
    cst_arena_free(&arena);
}
