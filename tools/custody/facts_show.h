/* Facts as a table for people: a line for each stretch of code of which anything is known. */
#ifndef CST_TOOL_FACTS_SHOW_H
#define CST_TOOL_FACTS_SHOW_H

#include "custody/facts.h"

#include <stddef.h>
#include <stdio.h>

/** Prints rows as they stand in a valid facts file: where it begins, where the next begins, bytes, language, flags. */
void cst_facts_show(FILE *out, const custody_facts_row *rows, size_t count);

#endif
