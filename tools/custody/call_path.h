/* Call paths: the stacks of leaks from the outermost call inwards, weighed with what leaked there, and sorted so that
 * common beginnings stand together. What leak trees and collapsed stacks are made of. */
#ifndef CST_TOOL_CALL_PATH_H
#define CST_TOOL_CALL_PATH_H

#include "group.h"
#include "symbol.h"

/** More steps than a path has; of a longer one the middle is left out, so that no reader has to nest without end. */
#define CST_PATH_STEPS 250

/** One step inwards: a call, or the place in the source where the innermost call stood. */
struct cst_path_step {
    const char *name; /**< of the function; module and offset where it has no name; "" for a place */
    const char *file; /**< of a place; NULL for a call */
    int line;
};

/** A stack and what leaked there. */
struct cst_call_path {
    struct cst_path_step *steps; /**< outermost first */
    size_t count;                /**< >= 1 */
    uint64_t blocks, bytes;
};

/** Paths in the order of their steps; of equal ones there is one. */
struct cst_call_paths {
    struct cst_call_path *items;
    size_t count;
};

/** How stacks become paths. */
enum cst_path_form {
    CST_PATH_OWN,   /**< machinery left out at both ends and named as one step in between; ends with a place */
    CST_PATH_ALL,   /**< every call; ends with a place */
    CST_PATH_NAMES, /**< every call, and no place */
};

/** Makes paths of `count` groups, in the arena. */
struct cst_call_paths cst_call_paths_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                          const struct cst_group *const *groups, size_t count, enum cst_path_form form);

/** 0 when two steps are the same, else their order. */
int cst_path_step_compare(const struct cst_path_step *a, const struct cst_path_step *b);

#endif
