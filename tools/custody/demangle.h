/* Names as people wrote them: Rust (v0 and legacy) and C++ symbols made readable by libiberty. No state. */
#ifndef CST_TOOL_DEMANGLE_H
#define CST_TOOL_DEMANGLE_H

#include "arena.h"

/** The readable form of a raw symbol, or the symbol itself when it is not mangled (or absurdly long); in the arena. */
const char *cst_demangle(struct cst_arena *arena, const char *symbol);

#endif
