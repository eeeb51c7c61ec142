/* What `custody check` prints: a line for each finding that it names, and for each budget. On standard output. */
#ifndef CST_TOOL_CHECK_LINES_H
#define CST_TOOL_CHECK_LINES_H

#include "budget.h"
#include "finding_index.h"
#include "group.h"
#include "symbol.h"

/** Prints "<label><severity>: <kind>: <headline> at <place> [<key>]". */
void cst_check_line_finding(const char *label, const struct cst_group *group, struct cst_symbols *symbols);

/** Prints a known finding of which more leaks than before, in a process. */
void cst_check_line_growth(const struct cst_group *group, const struct cst_finding_amount *before,
                           const struct cst_finding_amount *now, struct cst_symbols *symbols);

/** Prints budgets: those that are exceeded, with what weighs most in each, then those kept, then those that nothing fell
 * under. Returns how many are exceeded. */
size_t cst_check_lines_budgets(const struct cst_budgets *budgets, struct cst_symbols *symbols);

#endif
