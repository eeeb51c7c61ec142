/* One line of our own in a suppression file: KIND NAME=VALUE... Takes it apart; says what is wrong, and where. No state. */
#ifndef CST_TOOL_SUPPRESSION_LINE_H
#define CST_TOOL_SUPPRESSION_LINE_H

#include "suppression.h"

/** What is wrong with a line. */
struct cst_line_error {
    size_t column;   /**< from 1, in bytes */
    const char *why; /**< in the arena */
};

/** Reads `text`, which has no newline, into the fields kind to max of `out`; values are in the arena. False with an error
 * when it is not understood. */
bool cst_suppression_line_read(struct cst_arena *arena, const char *text, struct cst_suppression *out,
                               struct cst_line_error *out_error);

#endif
