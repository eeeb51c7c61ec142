/* Names of functions without what a compiler adds to them, so that builds of the same source have the same names. */
#ifndef CST_TOOL_FUNCTION_NAME_H
#define CST_TOOL_FUNCTION_NAME_H

#include "arena.h"

/** The readable `name` without suffixes of clones ("f.constprop.0", "f() [clone .isra.0]", ".llvm.123") and without the
 * hashes of Rust ("::h0123456789abcdef", "[0123456789abcdef]"), in the arena. */
const char *cst_function_name_plain(struct cst_arena *arena, const char *name);

#endif
