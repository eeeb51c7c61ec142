/* A policy file (custody-policy(5)) as the tool reads it: whole, into memory, by the parser that the runtime has too
 * (policy/file.h). What is wrong with it is told to the person, with the line and the place in it. */
#ifndef CST_TOOL_POLICY_SOURCE_H
#define CST_TOOL_POLICY_SOURCE_H

#include "policy/file.h"

/** Start with {0}. */
struct cst_policy_source {
    const char *path;
    char *text;
    size_t size;
    struct cst_policy_rule *rules; /**< pointing into `text` */
    size_t count;
    size_t errors; /**< lines that are not understood; the rules are then of no use */
};

/** Reads the file at `path`, which is kept, not copied. Prints on stderr what is wrong with it, "PATH:LINE:COLUMN: ..."; the
 * caller looks at `errors`. False, after a message that names `command`, when it cannot be read. */
bool cst_policy_source_read(struct cst_policy_source *source, const char *command, const char *path);

/** As cst_policy_source_read, without a word about anything. */
bool cst_policy_source_peek(struct cst_policy_source *source, const char *path);

void cst_policy_source_free(struct cst_policy_source *source);

#endif
