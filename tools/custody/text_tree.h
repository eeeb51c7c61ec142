/* Leak trees in a text report: a line for each branch, a chain of calls without a fork in one line. */
#ifndef CST_TOOL_TEXT_TREE_H
#define CST_TOOL_TEXT_TREE_H

#include "leak_tree.h"
#include "text_stack.h"

/** Prints a tree, with lines of the character set of the locale. */
void cst_text_tree_print(const struct cst_text_stack *printer, const struct cst_leak_node *root);

#endif
