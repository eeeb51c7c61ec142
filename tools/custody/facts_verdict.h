/* What symbols and debug information come to, together: for each stretch of code its language, and what a call to
 * libc's allocator from it is made for. Pure; memory is the arena's.
 *
 * Without link-time optimisation that is simple: Rust's allocator is functions that are called. With it, they are
 * inlined, and debug information says where. But the absence of such a place proves nothing in Rust. LLVM makes one of
 * two equal calls, and gives it the place that both have in common: a function, and often no line. So of a drop and a
 * call to libc's free in two branches there remains one call that names neither. And it makes one of two equal
 * functions, and keeps the debug information of that one. So code of Rust that is not described as its allocator is
 * CUSTODY_FACTS_MERGED there. Code in C and C++ was not compiled together with it, and stays what it is. */
#ifndef CST_TOOL_FACTS_VERDICT_H
#define CST_TOOL_FACTS_VERDICT_H

#include "facts_symbols.h"
#include "facts_units.h"

/** Disjoint, sorted spans, ready to be made rows. */
struct cst_facts_spans cst_facts_verdict_spans(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                               struct cst_facts_units *units, const struct cst_facts_spans *code);

#endif
