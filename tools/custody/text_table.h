/* Tables of a text report: sides and crossings, per program. Columns are as wide as their widest cell. */
#ifndef CST_TOOL_TEXT_TABLE_H
#define CST_TOOL_TEXT_TABLE_H

#include "group.h"
#include "paint.h"

/** Prints the tables of one program; only rows in which `side` takes part unless it is NULL. Nothing when there are
 * no rows. */
void cst_text_table_program(const struct cst_canvas *canvas, const struct cst_program *program, const char *side);

#endif
