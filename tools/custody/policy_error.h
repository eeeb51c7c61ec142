/* An error of a policy file as a person sees it: where, what, the line, and a mark under the place. */
#ifndef CST_TOOL_POLICY_ERROR_H
#define CST_TOOL_POLICY_ERROR_H

#include "policy/line.h"

#include <stdio.h>

/** Prints "PATH:LINE:COLUMN: WHY", then the line with a mark under what is wrong; of a long line the part around it. */
void cst_policy_error_print(FILE *out, const char *path, const struct cst_policy_error *error);

#endif
