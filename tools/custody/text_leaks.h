/* What a text report says of leaks as a whole, below those that it lists: the tree of their stacks, a line for what is
 * merely still there, or the table by who pays. */
#ifndef CST_TOOL_TEXT_LEAKS_H
#define CST_TOOL_TEXT_LEAKS_H

#include "report.h"
#include "text_stack.h"

/** Prints all of it that the wish leaves; nothing without leaks. */
void cst_text_leaks_print(const struct cst_text_stack *printer, const struct cst_report_wish *wish,
                          const struct cst_groups *groups);

#endif
