/* Budgets: how much may leak, by who pays for it. A leak that falls under a budget is not judged by itself; its budget is,
 * by the sum of all of them over all processes. */
#ifndef CST_TOOL_BUDGET_H
#define CST_TOOL_BUDGET_H

#include "group.h"
#include "symbol.h"

/** What the name of a budget is held against, the most specific last. */
enum cst_budget_kind {
    CST_BUDGET_ANY, /**< side or module */
    CST_BUDGET_SIDE,
    CST_BUDGET_MODULE,
    CST_BUDGET_CRATE,
    CST_BUDGET_SITE,
};

/** One budget, and what came of it. */
struct cst_budget {
    enum cst_budget_kind kind;
    const char *title;  /**< as it was given, without the amount: "crate:foo" */
    const char *name;   /**< glob; of a site that of the function */
    const char *source; /**< glob of a site's file; NULL for any */
    uint64_t bytes;
    bool has_blocks;
    uint64_t blocks; /**< allowed; any number unless has_blocks */

    const struct cst_group **leaks; /**< that fell under it */
    size_t leak_count;
    uint64_t used_bytes, used_blocks;
};

/** In the order of the command line. Start with {0}. */
struct cst_budgets {
    struct cst_arena arena;
    struct cst_budget *items;
    size_t count;
};

/** Adds the budget that `spec` tells, [side:|module:|crate:|site:]NAME=BYTES[K|M|G][/BLOCKS]; BYTES 0 without BLOCKS
 * allows no block at all. False after a message. */
bool cst_budgets_add(struct cst_budgets *budgets, const char *spec);

/** Puts a leak under the most specific budget that it falls under: sites before crates, modules, sides and names without a
 * word in front; among equals plain names before patterns, then the first given. False when it falls under none. */
bool cst_budgets_take(struct cst_budgets *budgets, struct cst_symbols *symbols, const struct cst_group *leak);

/** True when more leaked than is allowed. */
bool cst_budget_is_exceeded(const struct cst_budget *budget);

void cst_budgets_free(struct cst_budgets *budgets);

#endif
