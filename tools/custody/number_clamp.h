/* Integers in JSON that jansson cannot hold: what a program reports as a length may be any 64-bit number, and a line is not
 * to be lost for it. */
#ifndef CST_TOOL_NUMBER_CLAMP_H
#define CST_TOOL_NUMBER_CLAMP_H

#include <stddef.h>

/** Makes every integer above INT64_MAX, or below its negative, that. Nothing in strings is touched, and the length stays:
 * blanks fill up. */
void cst_number_clamp(char *json, size_t length);

#endif
