/* Bills: who a finding's block is put down to. Not the function that called the allocator, which is often a collection or
 * a string of a standard library, but the first one outwards that is somebody's own code. */
#ifndef CST_TOOL_BILL_H
#define CST_TOOL_BILL_H

#include "symbol.h"

/** The place that pays. Strings are never NULL; "" is "not known". They live as long as the log, the resolver and the
 * arena that the bill was made with. */
struct cst_bill {
    const char *side;        /**< owner of the block, as the finding says; "unknown" without an owner */
    const char *lang;        /**< of the place: "rust", "c++" or "c"; the owner's where the place tells none */
    const char *crate;       /**< of the place, when that is Rust */
    const char *module;      /**< its file's name, */
    const char *module_path; /**< and whole path */
    const char *function;    /**< demangled */
    const char *file;        /**< absolute where the compiler told its directory */
    int line;                /**< from 1; 0 when not known */
    const struct cst_log_frame *frame; /**< where it stands in the stack; NULL when the finding has no stack */
    /** Nobody's own code is in the stack. Then this is its first frame in somebody's own module, or else the first, and no
     * crate is told. */
    bool machinery;
};

/** Bills a finding by the stack of where it comes from, or, without one, by that of its release. */
struct cst_bill cst_bill_make(struct cst_arena *arena, struct cst_symbols *symbols,
                              const struct cst_log_finding *finding);

#endif
