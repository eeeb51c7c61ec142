/* A finding in one sentence: what the headline of a report, a line of `check` and the JSON "message" say. No symbols are
 * needed for it, only the facts of the log. */
#ifndef CST_TOOL_HEADLINE_H
#define CST_TOOL_HEADLINE_H

#include "group.h"

/** The sentence, without kind and severity and without a full stop, in the arena: "24 bytes of client (rust) released by
 * libledger.so (c) with free". */
const char *cst_headline(struct cst_arena *arena, const struct cst_group *group);

/** A party as "client (rust)", in the arena. */
const char *cst_headline_party(struct cst_arena *arena, const char *side, const char *lang);

/** A byte count as a person reads it: "24 bytes", "1.5 KiB", in the arena. */
const char *cst_headline_bytes(struct cst_arena *arena, uint64_t bytes);

/** A count with its noun, plural as needed: "1 block", "3 blocks", in the arena. */
const char *cst_headline_count(struct cst_arena *arena, uint64_t count, const char *noun);

#endif
