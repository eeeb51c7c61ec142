/* A budget as the command line spells it; the grammar is at cst_budgets_add. No state. */
#ifndef CST_TOOL_BUDGET_SPEC_H
#define CST_TOOL_BUDGET_SPEC_H

#include "budget.h"

/** Reads `spec` into kind, title, names and amounts, in the arena. False after a message. */
bool cst_budget_spec_read(struct cst_arena *arena, const char *spec, struct cst_budget *out_budget);

#endif
