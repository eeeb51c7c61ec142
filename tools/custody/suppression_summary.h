/* What came of suppressions, in words. */
#ifndef CST_TOOL_SUPPRESSION_SUMMARY_H
#define CST_TOOL_SUPPRESSION_SUMMARY_H

#include "suppression.h"

#include <stdio.h>

/** Prints what was suppressed in one line, then a line for each suppression that had more than its max, and each that
 * matched nothing; with `brief` these last in one line. Each line begins with `prefix`. Nothing without suppressions. */
void cst_suppression_summary_print(FILE *out, const char *prefix, const struct cst_suppressions *suppressions,
                                   bool brief);

#endif
