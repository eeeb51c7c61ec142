/* What the crates of a Rust side have live at exit, by the bills of its leaks: the detail under a row of the totals. */
#ifndef CST_TOOL_LEAK_CRATES_H
#define CST_TOOL_LEAK_CRATES_H

#include "group.h"
#include "symbol.h"

/** A crate of one side. */
struct cst_leak_crate {
    const char *name; /**< "" for what is billed to no crate */
    uint64_t live_blocks, live_bytes;
};

/** Most bytes first. */
struct cst_leak_crates {
    struct cst_leak_crate *items;
    size_t count;
};

/** The crates of `side` in the runs of `program`, in the arena; none unless it is Rust. Leaks that were told before the end
 * of their process do not count. */
struct cst_leak_crates cst_leak_crates_make(struct cst_arena *arena, struct cst_symbols *symbols,
                                            const struct cst_groups *groups, const struct cst_program *program,
                                            const struct cst_log_side *side);

#endif
