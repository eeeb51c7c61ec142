/* Tables of a text report: sides and crossings, per program, and leaks. Columns are as wide as their widest cell. */
#ifndef CST_TOOL_TEXT_TABLE_H
#define CST_TOOL_TEXT_TABLE_H

#include "group.h"
#include "leak_table.h"
#include "paint.h"
#include "symbol.h"

/** Prints the tables of one program of `groups`; only rows in which `side` takes part unless it is NULL. Nothing when
 * there are no rows. Crates are told with `symbols`. */
void cst_text_table_program(const struct cst_canvas *canvas, const struct cst_groups *groups,
                            const struct cst_program *program, struct cst_symbols *symbols, const char *side);

/** Prints leaks by who pays for them, classes that do not occur left out. */
void cst_text_table_leaks(const struct cst_canvas *canvas, const struct cst_leak_table *leaks);

#endif
