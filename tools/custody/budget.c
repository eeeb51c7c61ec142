/* Budgets against leaks; see budget.h. */
#include "budget.h"

#include "bill.h"
#include "budget_spec.h"
#include "glob.h"

#include <string.h>

bool cst_budgets_add(struct cst_budgets *budgets, const char *spec)
{
    struct cst_budget budget;
    if (!cst_budget_spec_read(&budgets->arena, spec, &budget)) {
        return false;
    }
    budgets->items = cst_arena_extend(&budgets->arena, budgets->items, budgets->count, sizeof *budgets->items);
    budgets->items[budgets->count++] = budget;
    return true;
}

static bool covers(const struct cst_budget *budget, const struct cst_bill *bill)
{
    bool side = cst_glob_matches(budget->name, bill->side);
    bool module = *bill->module_path && cst_glob_matches_path(budget->name, bill->module_path);
    switch (budget->kind) {
    case CST_BUDGET_ANY:
        return side || module;
    case CST_BUDGET_SIDE:
        return side;
    case CST_BUDGET_MODULE:
        return module;
    case CST_BUDGET_CRATE:
        return *bill->crate && cst_glob_matches(budget->name, bill->crate);
    case CST_BUDGET_SITE:
        break;
    }
    return *bill->function && cst_glob_matches_function(budget->name, bill->function) &&
           (!budget->source || cst_glob_matches_path(budget->source, bill->file));
}

static bool is_more_specific(const struct cst_budget *budget, const struct cst_budget *than)
{
    if (budget->kind != than->kind) {
        return budget->kind > than->kind;
    }
    return cst_glob_is_plain(budget->name) && !cst_glob_is_plain(than->name);
}

static void put_under(struct cst_budgets *budgets, struct cst_budget *budget, const struct cst_group *leak)
{
    budget->leaks = cst_arena_extend(&budgets->arena, budget->leaks, budget->leak_count, sizeof *budget->leaks);
    budget->leaks[budget->leak_count++] = leak;
    /* Sums of what hostile logs say stay at the top rather than begin again. */
    if (__builtin_add_overflow(budget->used_bytes, leak->leak_bytes, &budget->used_bytes)) {
        budget->used_bytes = UINT64_MAX;
    }
    if (__builtin_add_overflow(budget->used_blocks, leak->leak_blocks, &budget->used_blocks)) {
        budget->used_blocks = UINT64_MAX;
    }
}

bool cst_budgets_take(struct cst_budgets *budgets, struct cst_symbols *symbols, const struct cst_group *leak)
{
    if (budgets->count == 0) {
        return false;
    }
    struct cst_arena arena = {0};
    struct cst_bill bill = cst_bill_make(&arena, symbols, leak->first);
    struct cst_budget *best = NULL;
    for (size_t i = 0; i < budgets->count; i++) {
        struct cst_budget *budget = &budgets->items[i];
        if (covers(budget, &bill) && (!best || is_more_specific(budget, best))) {
            best = budget;
        }
    }
    if (best) {
        put_under(budgets, best, leak);
    }
    cst_arena_free(&arena);
    return best != NULL;
}

bool cst_budget_is_exceeded(const struct cst_budget *budget)
{
    return budget->used_bytes > budget->bytes || (budget->has_blocks && budget->used_blocks > budget->blocks);
}

void cst_budgets_free(struct cst_budgets *budgets)
{
    cst_arena_free(&budgets->arena);
    *budgets = (struct cst_budgets){0};
}
