/* Leak trees: call paths that begin alike are one branch, each node with what leaked below it. Printed by text_tree.c,
 * json_leaks.c. */
#ifndef CST_TOOL_LEAK_TREE_H
#define CST_TOOL_LEAK_TREE_H

#include "call_path.h"

#include <stdbool.h>

/** A step and all paths that go through it. */
struct cst_leak_node {
    const struct cst_path_step *step; /**< NULL for the root */
    uint64_t blocks, bytes;           /**< of all paths through it; blocks may end here that no child has */
    struct cst_leak_node *children;   /**< most bytes first, then as in the order of paths */
    size_t child_count;
};

/** Makes the tree of `paths`, in the arena; it points into them. At most CST_PATH_STEPS nodes deep. */
struct cst_leak_node cst_leak_tree_make(struct cst_arena *arena, const struct cst_call_paths *paths);

/** True when all that goes through `node` goes on through its one child, so that both can stand in one line. */
bool cst_leak_node_is_chain(const struct cst_leak_node *node);

#endif
