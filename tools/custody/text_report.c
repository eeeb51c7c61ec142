/* The text report: findings as a compiler would print them, leaks in short, tables, totals; see report.h. */
#include "paint.h"
#include "report.h"
#include "source_text.h"
#include "text_crossings.h"
#include "text_finding.h"
#include "text_leaks.h"
#include "text_stack.h"
#include "text_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A report under way. */
struct text_report {
    struct cst_canvas canvas;
    struct cst_text_stack stacks;
    struct cst_text_finding printer;
    const struct cst_report_wish *wish;
    const struct cst_groups *groups;
};

static void print_findings(struct text_report *report)
{
    for (size_t i = 0; i < report->groups->count; i++) {
        const struct cst_group *group = &report->groups->items[i];
        bool elsewhere =
            cst_report_sums_up(report->wish, group) || (report->wish->has_leaks_by && cst_group_is_leak(group));
        if (cst_report_wants(report->wish, group) && !elsewhere) {
            cst_text_finding_print(&report->printer, group);
        }
    }
}

static void print_unfinished(const struct text_report *report)
{
    for (size_t i = 0; i < report->groups->program_count; i++) {
        const struct cst_program *program = &report->groups->programs[i];
        if (program->unfinished > 0) {
            cst_paint(&report->canvas, CST_PAINT_NOTE, "note");
            fprintf(report->canvas.file, ": %zu of %zu runs of ", program->unfinished, program->processes);
            cst_paint(&report->canvas, CST_PAINT_PLAIN, program->name);
            fputs(" left no totals: killed, or still running\n", report->canvas.file);
        }
    }
}

void cst_report_text(FILE *out, bool colour, const struct cst_report_wish *wish, const struct cst_groups *groups,
                     struct cst_symbols *symbols)
{
    char *directory = getcwd(NULL, 0);
    struct text_report report = {
        .canvas = {.file = out, .colour = colour},
        .stacks = {.symbols = symbols,
                   .sources = cst_source_texts_new(),
                   .directory = directory ? directory : "",
                   .all_calls = wish->all_calls},
        .wish = wish,
        .groups = groups,
    };
    report.stacks.canvas = &report.canvas;
    report.printer = (struct cst_text_finding){.stacks = &report.stacks, .policies = &groups->policies};
    print_findings(&report);
    cst_text_crossings_print(&report.canvas, wish, groups);
    cst_text_leaks_print(&report.stacks, wish, groups);
    for (size_t i = 0; wish->tables && i < groups->program_count; i++) {
        cst_text_table_program(&report.canvas, groups, &groups->programs[i], symbols, wish->side);
    }
    print_unfinished(&report);
    cst_source_texts_free(report.stacks.sources);
    cst_arena_free(&report.printer.arena);
    free(directory);
}

void cst_report_inferred(FILE *out, bool colour, const struct cst_groups *groups)
{
    const struct cst_canvas canvas = {.file = out, .colour = colour};
    for (size_t i = 0; i < groups->inferred_count; i++) {
        cst_paint(&canvas, CST_PAINT_NOTE, "note");
        cst_paint(&canvas, CST_PAINT_PLAIN, ": ");
        cst_paint(&canvas, CST_PAINT_PLAIN, groups->inferred[i]->path);
        fputs(": its Rust code cannot be told from C exactly (link-time optimisation, no symbols,\n"
              "  or an allocator of its own): what it owns is inferred, and never an error\n",
              out);
    }
}
