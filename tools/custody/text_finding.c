/* Findings as text; see text_finding.h. */
#include "text_finding.h"

#include "bill.h"
#include "deed.h"
#include "headline.h"
#include "leak_class.h"

#include <inttypes.h>

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

static void print_headline(struct cst_text_finding *printer, const struct cst_group *group)
{
    const struct cst_canvas *canvas = printer->stacks->canvas;
    cst_paint(canvas, paint_of(group->severity), custody_severity_name(group->severity));
    cst_paint(canvas, CST_PAINT_BOLD, ": ");
    cst_paint(canvas, CST_PAINT_BOLD, group->first->kind);
    cst_paint(canvas, CST_PAINT_BOLD, ": ");
    cst_paint(canvas, CST_PAINT_BOLD, cst_headline(&printer->arena, group));
    fputc('\n', canvas->file);
}

/* Which test it happened in, where `cargo custody` made the log. */
static void print_test(const struct cst_text_finding *printer, const struct cst_log_finding *finding)
{
    const struct cst_canvas *canvas = printer->stacks->canvas;
    const char *names = *finding->test ? finding->test : finding->one_of;
    if (*names) {
        fprintf(canvas->file, "  in %s", *finding->test ? "the test " : "one of the tests ");
        cst_paint(canvas, CST_PAINT_BOLD, names);
        fputc('\n', canvas->file);
    }
}

static void print_stack(struct cst_text_finding *printer, const char *title, const struct cst_group *group,
                        const struct cst_log_stack *stack)
{
    if (stack->count > 0) {
        fputs("  ", printer->stacks->canvas->file);
        cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN, title);
        fputs(":\n", printer->stacks->canvas->file);
        cst_text_stack_print(printer->stacks, group->first->process, stack);
    }
}

static const char *allocation_title(struct cst_text_finding *printer, const struct cst_log_finding *finding)
{
    if (!finding->has_owner) {
        return "allocated";
    }
    const char *size = finding->has_block ? cst_headline_count(&printer->arena, finding->size, "byte") : "block";
    const char *align = finding->has_block && finding->align
                            ? cst_arena_format(&printer->arena, ", align %" PRIu64, finding->align)
                            : "";
    return cst_arena_format(&printer->arena, "%s%s, allocated by %s, contract '%s'", size, align,
                            cst_headline_party(&printer->arena, finding->owner.side, finding->owner.lang),
                            finding->owner.contract);
}

static const char *release_title(struct cst_text_finding *printer, const struct cst_log_finding *finding)
{
    if (!finding->has_by) {
        return "released";
    }
    if (cst_deed_is_api(finding->by.call)) {
        return cst_arena_format(&printer->arena, "%s called by %s", finding->by.call,
                                cst_headline_party(&printer->arena, finding->by.side, finding->by.lang));
    }
    return cst_arena_format(&printer->arena, "released by %s, contract '%s'",
                            cst_headline_party(&printer->arena, finding->by.side, finding->by.lang),
                            finding->by.contract);
}

static void print_advice(struct cst_text_finding *printer, const char *advice)
{
    if (*advice) {
        fputs("  ", printer->stacks->canvas->file);
        cst_paint(printer->stacks->canvas, CST_PAINT_HELP, "help: ");
        cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN, advice);
        fputc('\n', printer->stacks->canvas->file);
    }
}

/* The rule that makes this a finding, or a worse one. */
static void print_rule(struct cst_text_finding *printer, const struct cst_log_finding *finding)
{
    if (!*finding->policy) {
        return;
    }
    fputs("  forbidden by ", printer->stacks->canvas->file);
    cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN,
              cst_policy_uses_rule(&printer->arena, printer->policies, finding->policy));
    fputc('\n', printer->stacks->canvas->file);
}

/* Of a release, what should have been called; of a leak, what to do about it, and then with what to release it. */
static void print_help(struct cst_text_finding *printer, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    if (!cst_group_is_leak(group)) {
        print_advice(printer, finding->expect);
        return;
    }
    print_advice(printer, cst_leak_class_advice(&printer->arena, finding));
    if (*finding->expect) {
        print_advice(printer, cst_arena_format(&printer->arena, "released by %s", finding->expect));
    }
}

/* Who pays for a leak, unless only a standard library is known to. */
static void print_bill(struct cst_text_finding *printer, const struct cst_group *group)
{
    if (!cst_group_is_leak(group)) {
        return;
    }
    const struct cst_bill bill = cst_bill_make(&printer->arena, printer->stacks->symbols, group->first);
    if (!bill.frame || bill.machinery || !*bill.module) {
        return;
    }
    fputs("  billed to ", printer->stacks->canvas->file);
    cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN,
              cst_headline_party(&printer->arena, bill.module, *bill.lang ? bill.lang : "unknown"));
    if (*bill.crate) {
        fputs(", crate ", printer->stacks->canvas->file);
        cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN, bill.crate);
    }
    if (*bill.function) {
        fputs(", ", printer->stacks->canvas->file);
        cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN, bill.function);
    }
    if (*bill.file && bill.line > 0) {
        fputs(" at ", printer->stacks->canvas->file);
        cst_text_stack_place(printer->stacks, bill.file, bill.line);
    }
    fputc('\n', printer->stacks->canvas->file);
}

/* Confidence, count, thread, process, key: for those who follow up. */
static void print_particulars(struct cst_text_finding *printer, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    struct cst_arena *arena = &printer->arena;
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
    fputs("  ", printer->stacks->canvas->file);
    cst_paint(printer->stacks->canvas, CST_PAINT_DIM, text);
    fputs("\n\n", printer->stacks->canvas->file);
}

static void print_moment_title(struct cst_text_finding *printer, const struct cst_log_moment *moment, const char *title)
{
    if (*moment->thread) {
        title = cst_arena_format(&printer->arena, "%s, thread %s", title, moment->thread);
    }
    fputs("  ", printer->stacks->canvas->file);
    cst_paint(printer->stacks->canvas, CST_PAINT_PLAIN, title);
}

void cst_text_finding_moment(struct cst_text_finding *printer, const struct cst_log_process *process,
                             const struct cst_log_moment *moment, const char *title)
{
    print_moment_title(printer, moment, title);
    fputs(moment->stack.count > 0 ? ":\n" : "\n", printer->stacks->canvas->file);
    if (moment->stack.count > 0) {
        cst_text_stack_print(printer->stacks, process, &moment->stack);
    }
}

/* The last moment of many a history was in the call that broke the rule, whose stack follows. */
static bool is_told_below(const struct cst_log_finding *finding, size_t index)
{
    const struct cst_log_told *told = &finding->told;
    return index + 1 == told->history_count && finding->release.count > 0 && told->history_left_out == 0 &&
           cst_deed_same_stack(&told->history[index].stack, &finding->release);
}

static void print_history(struct cst_text_finding *printer, const struct cst_log_finding *finding)
{
    const struct cst_log_told *told = &finding->told;
    for (size_t i = 0; i < told->history_count; i++) {
        const char *title = cst_deed_words(&printer->arena, &told->history[i]);
        if (is_told_below(finding, i)) {
            print_moment_title(printer, &told->history[i], title);
            fputs(", stack as below\n", printer->stacks->canvas->file);
        } else {
            cst_text_finding_moment(printer, finding->process, &told->history[i], title);
        }
    }
    if (told->history_left_out > 0) {
        fprintf(printer->stacks->canvas->file, "  (%s in between not kept)\n",
                cst_headline_count(&printer->arena, told->history_left_out, "moment"));
    }
}

/* Where the block comes from, unless its history begins with that. */
static void print_allocation(struct cst_text_finding *printer, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    const struct cst_log_told *told = &finding->told;
    if (told->history_count == 0 || !cst_deed_same_stack(&finding->alloc, &told->history[0].stack)) {
        print_stack(printer, allocation_title(printer, finding), group, &finding->alloc);
    }
}

void cst_text_finding_print(struct cst_text_finding *printer, const struct cst_group *group)
{
    const struct cst_log_finding *finding = group->first;
    print_headline(printer, group);
    print_test(printer, finding);
    print_allocation(printer, group);
    if (!printer->without_history) {
        print_history(printer, finding);
    }
    print_stack(printer, "first released", group, &finding->first_release);
    print_stack(printer, release_title(printer, finding), group, &finding->release);
    print_bill(printer, group);
    print_rule(printer, finding);
    print_help(printer, group);
    print_particulars(printer, group);
}
