/* How the rules of policies were used, added up over all processes of the logs: which of them nothing ever matched. What a
 * rule says is read from the file again, as long as that is the one that held. */
#ifndef CST_TOOL_POLICY_USE_H
#define CST_TOOL_POLICY_USE_H

#include "audit_log.h"

#include <stdio.h>

/** One rule. */
struct cst_rule_use {
    uint64_t line;
    const char *word; /**< that begins it */
    const char *text; /**< as it stands in the file; "" when the file is another by now, or gone */
    uint64_t count;
};

/** One file, as it was while processes ran under it. */
struct cst_policy_use {
    const char *file;
    const char *shown;  /**< the same, relative when it lies below the current directory */
    const char *digest; /**< of its text */
    size_t processes;   /**< that told of it */
    size_t failures;    /**< of them those in which it did not hold: it could not be read, or has errors */
    uint64_t errors;    /**< lines with errors */
    struct cst_rule_use *rules;
    size_t count;
};

/** All policies of a log. */
struct cst_policy_uses {
    struct cst_policy_use *items;
    size_t count;
    size_t untold; /**< processes that ended without a word, and may have used rules */
};

/** Adds up what the log tells. Everything is in the arena, or in the log. */
struct cst_policy_uses cst_policy_uses_make(struct cst_arena *arena, const struct cst_log *log);

/** The rule at `place`, "FILE:LINE" as in findings, for people: with what it says, as far as that is known. */
const char *cst_policy_uses_rule(struct cst_arena *arena, const struct cst_policy_uses *uses, const char *place);

/** Prints a line for each policy that did not hold everywhere, and for each rule that nothing matched; with `brief` the
 * latter in one line a file. Each line begins with `prefix`. */
void cst_policy_uses_print(FILE *out, const char *prefix, const struct cst_policy_uses *uses, bool brief);

#endif
