/* Leaks as a whole; see text_leaks.h. */
#include "text_leaks.h"

#include "headline.h"
#include "text_table.h"
#include "text_tree.h"

#include <string.h>

/* What notes about leaks of one side, one class and one holder come to. */
struct leak_sum {
    const char *title, *owner, *holder;
    uint64_t blocks, bytes, sites;
};

/* Sums are few: sides are modules. */
struct leak_sums {
    struct leak_sum *items;
    size_t count;
};

static struct leak_sum *find_sum(struct cst_arena *arena, struct leak_sums *sums, const struct leak_sum *like)
{
    for (size_t i = 0; i < sums->count; i++) {
        struct leak_sum *sum = &sums->items[i];
        if (strcmp(sum->owner, like->owner) == 0 && strcmp(sum->holder, like->holder) == 0 &&
            strcmp(sum->title, like->title) == 0) {
            return sum;
        }
    }
    sums->items = cst_arena_extend(arena, sums->items, sums->count, sizeof *sums->items);
    sums->items[sums->count] = *like;
    return &sums->items[sums->count++];
}

static struct leak_sums sum_up(struct cst_arena *arena, const struct cst_report_wish *wish,
                               const struct cst_groups *groups)
{
    struct leak_sums sums = {0};
    for (size_t i = 0; i < groups->count; i++) {
        const struct cst_group *group = &groups->items[i];
        const struct cst_log_finding *finding = group->first;
        if (!cst_group_is_leak(group) || !cst_report_wants(wish, group) || !cst_report_sums_up(wish, group)) {
            continue;
        }
        const struct leak_sum like = {
            .title = cst_leak_class_title(arena, finding),
            .owner = cst_headline_party(arena, finding->owner.side, finding->owner.lang),
            .holder = finding->has_holder ? cst_headline_party(arena, finding->holder.side, finding->holder.lang) : "",
        };
        struct leak_sum *sum = find_sum(arena, &sums, &like);
        sum->blocks += group->leak_blocks;
        sum->bytes += group->leak_bytes;
        sum->sites++;
    }
    return sums;
}

static void print_sums(const struct cst_canvas *canvas, struct cst_arena *arena, const struct leak_sums *sums)
{
    for (size_t i = 0; i < sums->count; i++) {
        const struct leak_sum *sum = &sums->items[i];
        const char *whose =
            *sum->holder ? cst_arena_format(arena, "made by %s, held by %s", sum->owner, sum->holder) : sum->owner;
        cst_paint(canvas, CST_PAINT_NOTE, "note");
        cst_paint(canvas, CST_PAINT_PLAIN,
                  cst_arena_format(arena, ": %s: %s: %s, %s, from %s", sum->title, whose,
                                   cst_headline_count(arena, sum->blocks, "block"),
                                   cst_headline_bytes(arena, sum->bytes),
                                   cst_headline_count(arena, sum->sites, "place")));
        fputc('\n', canvas->file);
    }
    if (sums->count > 0) {
        cst_paint(canvas, CST_PAINT_DIM, "  (`custody report --severity note` shows each place)");
        fputs("\n\n", canvas->file);
    }
}

static void print_tree(const struct cst_text_stack *printer, struct cst_arena *arena,
                       const struct cst_report_leaks *leaks)
{
    enum cst_path_form form = printer->all_calls ? CST_PATH_ALL : CST_PATH_OWN;
    struct cst_call_paths paths = cst_call_paths_make(arena, printer->symbols, leaks->items, leaks->count, form);
    struct cst_leak_node root = cst_leak_tree_make(arena, &paths);
    cst_text_tree_print(printer, &root);
}

void cst_text_leaks_print(const struct cst_text_stack *printer, const struct cst_report_wish *wish,
                          const struct cst_groups *groups)
{
    struct cst_arena arena = {0};
    struct cst_report_leaks leaks = cst_report_choose_leaks(&arena, wish, groups, !wish->has_leaks_by);
    if (wish->has_leaks_by) {
        struct cst_leak_table table =
            cst_leak_table_make(&arena, printer->symbols, leaks.items, leaks.count, wish->leaks_by);
        cst_text_table_leaks(printer->canvas, &table);
    } else {
        if (leaks.count > 1) {
            print_tree(printer, &arena, &leaks);
        }
        struct leak_sums sums = sum_up(&arena, wish, groups);
        print_sums(printer->canvas, &arena, &sums);
    }
    cst_arena_free(&arena);
}
