/* A finding in full, as a compiler would print it: the headline, what happened and where, what to do about it. A part of text
 * reports. */
#ifndef CST_TOOL_TEXT_FINDING_H
#define CST_TOOL_TEXT_FINDING_H

#include "group.h"
#include "text_stack.h"

/** What printing findings needs. Release the arena when done. */
struct cst_text_finding {
    struct cst_text_stack *stacks;
    const struct cst_policy_uses *policies;
    bool without_history; /**< its moments have been printed */
    struct cst_arena arena;
};

/** Prints the finding and an empty line. */
void cst_text_finding_print(struct cst_text_finding *printer, const struct cst_group *group);

/** Prints one moment in the life of something: "  TITLE, thread NAME:" and its stack. */
void cst_text_finding_moment(struct cst_text_finding *printer, const struct cst_log_process *process,
                             const struct cst_log_moment *moment, const char *title);

#endif
