/* Classes of leaks, and what reports say of each: how sure it is that a block is lost, and what to do about it. A class
 * of a later version is "other". No state. */
#ifndef CST_TOOL_LEAK_CLASS_H
#define CST_TOOL_LEAK_CLASS_H

#include "audit_log.h"

/** Worst first; all but CST_LEAK_OTHER are the log's own words. */
enum cst_leak_class {
    CST_LEAK_DEFINITE,  /**< nothing points to it */
    CST_LEAK_INDIRECT,  /**< only lost blocks point to it */
    CST_LEAK_POSSIBLE,  /**< only pointers past its start were found */
    CST_LEAK_REACHABLE, /**< something that is not lost points to it */
    CST_LEAK_LIVE,      /**< not released; whether it is reachable was not examined */
    CST_LEAK_OTHER,
    CST_LEAK_CLASSES
};

/** The class of a leak; a leak without one is live, as of old. */
enum cst_leak_class cst_leak_class_of(const struct cst_log_finding *finding);

/** "definite", ...: the log's word, "other" for CST_LEAK_OTHER. */
const char *cst_leak_class_name(enum cst_leak_class class);

/** What became of the blocks, to follow "3 blocks, 333 bytes of client (rust) ", in the arena: "definitely lost". */
const char *cst_leak_class_fate(struct cst_arena *arena, const struct cst_log_finding *finding, uint64_t blocks);

/** The same as a title: "definitely lost", "still reachable at exit". */
const char *cst_leak_class_title(struct cst_arena *arena, const struct cst_log_finding *finding);

/** What to do about it, in the arena; "" for a class of a later version. */
const char *cst_leak_class_advice(struct cst_arena *arena, const struct cst_log_finding *finding);

#endif
