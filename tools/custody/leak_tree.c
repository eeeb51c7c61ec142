/* Trees of sorted paths; see leak_tree.h. Paths with a common beginning are neighbours, so a node is a range of them. */
#include "leak_tree.h"

#include <stdlib.h>

static int most_bytes_first(const void *left, const void *right)
{
    const struct cst_leak_node *a = left;
    const struct cst_leak_node *b = right;
    if (a->bytes != b->bytes) {
        return a->bytes > b->bytes ? -1 : 1;
    }
    return cst_path_step_compare(a->step, b->step);
}

/* Where the paths from `lo` on that share step `depth` end. */
static size_t end_of_branch(const struct cst_call_paths *paths, size_t lo, size_t hi, size_t depth)
{
    size_t end = lo + 1;
    while (end < hi && cst_path_step_compare(&paths->items[lo].steps[depth], &paths->items[end].steps[depth]) == 0) {
        end++;
    }
    return end;
}

/* The node of the paths [lo, hi), which have their first `depth` steps in common. */
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than CST_PATH_STEPS */
static struct cst_leak_node make_node(struct cst_arena *arena, const struct cst_call_paths *paths, size_t lo, size_t hi,
                                      size_t depth)
{
    struct cst_leak_node node = {.step = depth > 0 ? &paths->items[lo].steps[depth - 1] : NULL};
    for (size_t i = lo; i < hi; i++) {
        node.blocks += paths->items[i].blocks;
        node.bytes += paths->items[i].bytes;
    }
    /* Those that end here come first: they are the shortest. */
    while (lo < hi && paths->items[lo].count == depth) {
        lo++;
    }
    while (lo < hi) {
        size_t end = end_of_branch(paths, lo, hi, depth);
        node.children = cst_arena_extend(arena, node.children, node.child_count, sizeof *node.children);
        node.children[node.child_count++] = make_node(arena, paths, lo, end, depth + 1);
        lo = end;
    }
    if (node.child_count > 1) {
        qsort(node.children, node.child_count, sizeof *node.children, most_bytes_first);
    }
    return node;
}

struct cst_leak_node cst_leak_tree_make(struct cst_arena *arena, const struct cst_call_paths *paths)
{
    return make_node(arena, paths, 0, paths->count, 0);
}

bool cst_leak_node_is_chain(const struct cst_leak_node *node)
{
    return node->child_count == 1 && node->children[0].blocks == node->blocks;
}
