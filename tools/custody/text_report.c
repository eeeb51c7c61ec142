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

<<<<<<< HEAD
static enum cst_paint paint_of(enum custody_severity severity)
{
    switch (severity) {
    case CUSTODY_SEVERITY_ERROR:
        return CST_PAINT_ERROR;
    case CUSTODY_SEVERITY_WARNING:
        return CST_PAINT_WARNING;
    case CUSTODY_SEVERITY_NOTE:
        break;
    }
    return CST_PAINT_NOTE;
}

static void print_headline(struct text_report *report, const struct cst_group *group)
{
    const struct cst_canvas *canvas = &report->canvas;
    cst_paint(canvas, paint_of(group->severity), custody_severity_name(group->severity));
    cst_paint(canvas, CST_PAINT_BOLD, ": ");
    cst_paint(canvas, CST_PAINT_BOLD, group->first->kind);
    cst_paint(canvas, CST_PAINT_BOLD, ": ");
    cst_paint(canvas, CST_PAINT_BOLD, cst_headline(&report->arena, group));
    fputc('\n', canvas->file);
}

/* Which test it happened in, where `cargo custody` made the log. */
static void print_test(struct text_report *report, const struct cst_log_finding *finding)
{
    const char *words = *finding->test ? "the test " : "one of the tests ";
    const char *names = *finding->test ? finding->test : finding->one_of;
    if (*names) {
        fprintf(report->canvas.file, "  in %s", words);
        cst_paint(&report->canvas, CST_PAINT_BOLD, names);
        fputc('\n', report->canvas.file);
    }
}

static void print_stack(struct text_report *report, const char *title, const struct cst_group *group,
                        const struct cst_log_stack *stack)
{
    if (stack->count > 0) {
        fputs("  ", report->canvas.file);
        cst_paint(&report->canvas, CST_PAINT_PLAIN, title);
        fputs(":\n", report->canvas.file);
        cst_text_stack_print(&report->stacks, group->first->process, stack);
    }
}

static const char *allocation_title(struct text_report *report, const struct cst_log_finding *finding)
{
    if (!finding->has_owner) {
        return "allocated";
    }
    const char *size = finding->has_block ? cst_headline_count(&report->arena, finding->size, "byte") : "block";
    const char *align = finding->has_block && finding->align
                            ? cst_arena_format(&report->arena, ", align %" PRIu64, finding->align)
                            : "";
    return cst_arena_format(&report->arena, "%s%s, allocated by %s, contract '%s'", size, align,
                            cst_headline_party(&report->arena, finding->owner.side, finding->owner.lang),
                            finding->owner.contract);
}

static const char *release_title(struct text_report *report, const struct cst_log_finding *finding)
{
    if (!finding->has_by) {
        return "released";
    }
    return cst_arena_format(&report->arena, "released by %s, contract '%s'",
                            cst_headline_party(&report->arena, finding->by.side, finding->by.lang),
                            finding->by.contract);
}

static void print_advice(struct text_report *report, const char *advice)
{
    if (*advice) {
        fputs("  ", report->canvas.file);
        cst_paint(&report->canvas, CST_PAINT_HELP, "help: ");
        cst_paint(&report->canvas, CST_PAINT_PLAIN, advice);
        fputc('\n', report->canvas.file);
    }
}

/* The rule that makes this a finding, or a worse one. */
static void print_rule(struct text_report *report, const struct cst_log_finding *finding)
{
    if (!*finding->policy) {
        return;
    }
    fputs("  forbidden by ", report->canvas.file);
    cst_paint(&report->canvas, CST_PAINT_PLAIN,
              cst_policy_uses_rule(&report->arena, &report->groups->policies, finding->policy));
    fputc('\n', report->canvas.file);
}

/* Of a release, what should have been called; of a leak, what to do about it, and then with what to release it. */
static void print_help(struct text_report *report, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    if (!cst_group_is_leak(group)) {
        print_advice(report, finding->expect);
        return;
    }
    print_advice(report, cst_leak_class_advice(&report->arena, finding));
    if (*finding->expect) {
        print_advice(report, cst_arena_format(&report->arena, "released by %s", finding->expect));
    }
}

/* Who pays for a leak, unless only a standard library is known to. */
static void print_bill(struct text_report *report, const struct cst_group *group)
{
    if (!cst_group_is_leak(group)) {
        return;
    }
    const struct cst_bill bill = cst_bill_make(&report->arena, report->stacks.symbols, group->first);
    if (!bill.frame || bill.machinery || !*bill.module) {
        return;
    }
    fputs("  billed to ", report->canvas.file);
    cst_paint(&report->canvas, CST_PAINT_PLAIN,
              cst_headline_party(&report->arena, bill.module, *bill.lang ? bill.lang : "unknown"));
    if (*bill.crate) {
        fputs(", crate ", report->canvas.file);
        cst_paint(&report->canvas, CST_PAINT_PLAIN, bill.crate);
    }
    if (*bill.function) {
        fputs(", ", report->canvas.file);
        cst_paint(&report->canvas, CST_PAINT_PLAIN, bill.function);
    }
    if (*bill.file && bill.line > 0) {
        fputs(" at ", report->canvas.file);
        cst_text_stack_place(&report->stacks, bill.file, bill.line);
    }
    fputc('\n', report->canvas.file);
}

/* Confidence, count, thread, process, key: for those who follow up. */
static void print_particulars(struct text_report *report, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    struct cst_arena *arena = &report->arena;
    const char *text =
        cst_arena_format(arena, "%s, seen %s", finding->confidence, cst_headline_count(arena, group->count, "time"));
    if (group->processes > 1) {
        text = cst_arena_format(arena, "%s in %zu processes", text, group->processes);
    }
    text = cst_arena_format(arena, "%s; %s, pid %" PRId64, text, finding->process->program, finding->process->pid);
    if (*finding->thread) {
        text = cst_arena_format(arena, "%s, thread %s", text, finding->thread);
    }
    if (*finding->key) {
        text = cst_arena_format(arena, "%s; key %s", text, finding->key);
    }
    fputs("  ", report->canvas.file);
    cst_paint(&report->canvas, CST_PAINT_DIM, text);
    fputs("\n\n", report->canvas.file);
}

static void print_group(struct text_report *report, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    print_headline(report, group);
    print_test(report, finding);
    print_stack(report, allocation_title(report, finding), group, &finding->alloc);
    print_stack(report, "first released", group, &finding->first_release);
    print_stack(report, release_title(report, finding), group, &finding->release);
    print_bill(report, group);
    print_rule(report, finding);
    print_help(report, group);
    print_particulars(report, group);
}

=======
>>>>>>> api
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
