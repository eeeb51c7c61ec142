/* Lines of `custody check`; see check_lines.h. */
#include "check_lines.h"

#include "headline.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** So many leaks of a budget that is exceeded are named. */
#define WORST_MAX 5

/* Where the finding is to be looked at: the first call with a line in the stack that tells most. */
static void print_place(struct cst_symbols *symbols, const struct cst_log_finding *finding)
{
    const struct cst_log_stack *stack = finding->release.count ? &finding->release : cst_log_stack_of_origin(finding);
    for (size_t i = 0; i < stack->count; i++) {
        const struct cst_calls *calls = cst_symbols_resolve(symbols, finding->process, &stack->frames[i]);
        for (size_t j = 0; j < calls->count; j++) {
            const struct cst_call *call = &calls->items[j];
            /* Paths that begin with /rustc/ are those of the machine that built the standard library. */
            if (call->file && call->line > 0 && strncmp(call->file, "/rustc/", 7) != 0) {
                fputs(" at ", stdout);
                cst_print_text(stdout, call->file);
                printf(":%d", call->line);
                return;
            }
        }
    }
}

static void print_finding(const char *label, const struct cst_group *group, struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    printf("%s%s: ", label, custody_severity_name(group->severity));
    cst_print_text(stdout, group->first->kind);
    fputs(": ", stdout);
    cst_print_text(stdout, cst_headline(&arena, group));
    print_place(symbols, group->first);
    if (*group->first->key) {
        fputs(" [", stdout);
        cst_print_text(stdout, group->first->key);
        fputs("]", stdout);
    }
    cst_arena_free(&arena);
}

void cst_check_line_finding(const char *label, const struct cst_group *group, struct cst_symbols *symbols)
{
    print_finding(label, group, symbols);
    fputc('\n', stdout);
}

static const char *amount(struct cst_arena *arena, uint64_t bytes, uint64_t blocks)
{
    return cst_arena_format(arena, "%s in %s", cst_headline_bytes(arena, bytes),
                            cst_headline_count(arena, blocks, "block"));
}

void cst_check_line_growth(const struct cst_group *group, const struct cst_finding_amount *before,
                           const struct cst_finding_amount *now, struct cst_symbols *symbols)
{
    struct cst_arena arena = {0};
    print_finding("grew: ", group, symbols);
    printf(": from %s to %s in a process\n", amount(&arena, before->bytes, before->blocks),
           amount(&arena, now->bytes, now->blocks));
    cst_arena_free(&arena);
}

/* "70.0 KiB in 5 blocks, allowed 64.0 KiB in 3" */
static void print_budget(const char *label, const struct cst_budget *budget)
{
    struct cst_arena arena = {0};
    printf("%s", label);
    cst_print_text(stdout, budget->title);
    printf(": %s, allowed %s", amount(&arena, budget->used_bytes, budget->used_blocks),
           cst_headline_bytes(&arena, budget->bytes));
    if (budget->has_blocks) {
        printf(" in %llu", (unsigned long long)budget->blocks);
    }
    fputc('\n', stdout);
    cst_arena_free(&arena);
}

static int most_first(const void *left, const void *right)
{
    const struct cst_group *a = *(const struct cst_group *const *)left;
    const struct cst_group *b = *(const struct cst_group *const *)right;
    if (a->leak_bytes != b->leak_bytes) {
        return a->leak_bytes > b->leak_bytes ? -1 : 1;
    }
    if (a->leak_blocks != b->leak_blocks) {
        return a->leak_blocks > b->leak_blocks ? -1 : 1;
    }
    return strcmp(a->first->key, b->first->key);
}

static void print_worst(const struct cst_budget *budget, struct cst_symbols *symbols)
{
    qsort(budget->leaks, budget->leak_count, sizeof *budget->leaks, most_first);
    for (size_t i = 0; i < budget->leak_count && i < WORST_MAX; i++) {
        cst_check_line_finding("  ", budget->leaks[i], symbols);
    }
    if (budget->leak_count > WORST_MAX) {
        printf("  and %zu more\n", budget->leak_count - WORST_MAX);
    }
}

size_t cst_check_lines_budgets(const struct cst_budgets *budgets, struct cst_symbols *symbols)
{
    size_t exceeded = 0;
    for (size_t i = 0; i < budgets->count; i++) {
        const struct cst_budget *budget = &budgets->items[i];
        if (cst_budget_is_exceeded(budget)) {
            print_budget("budget ", budget);
            print_worst(budget, symbols);
            exceeded++;
        }
    }
    for (size_t i = 0; i < budgets->count; i++) {
        const struct cst_budget *budget = &budgets->items[i];
        if (budget->leak_count > 0 && !cst_budget_is_exceeded(budget)) {
            print_budget("within budget ", budget);
        }
    }
    for (size_t i = 0; i < budgets->count; i++) {
        if (budgets->items[i].leak_count == 0) {
            fputs("unused budget ", stdout);
            cst_print_text(stdout, budgets->items[i].title);
            fputc('\n', stdout);
        }
    }
    return exceeded;
}
