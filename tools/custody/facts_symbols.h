/* What the symbol tables of a file say of its code: the language of each function, by the mangling of its name, and which
 * are Rust's allocator functions. Reads through libelf; what the file says is checked. */
#ifndef CST_TOOL_FACTS_SYMBOLS_H
#define CST_TOOL_FACTS_SYMBOLS_H

#include "facts_span.h"

#include <libelf.h>

/** Starts a collection with {0}, of one file; more than one table may be added to it. */
struct cst_facts_symbols {
    struct cst_facts_symbol *items;
    size_t count;
    bool rust_program; /**< it has `std::rt::lang_start` */
};

/** Adds the functions in the symbol tables of `elf`, the file itself or its separate debug file. `bias` is added to their
 * addresses; what is not in `code` is left out. */
void cst_facts_symbols_add(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf, uint64_t bias,
                           const struct cst_facts_spans *code);

/** Disjoint, sorted spans of what was added. Functions whose names disagree (folded by the linker) have no language;
 * unmangled aliases do not count as disagreeing. `main` and the compiler's start files are of Rust when `std::rt::lang_start` is
 * there, else of C++ when more of the module is C++ than is not mangled, else of C. A function without a size reaches to
 * the next symbol or the end of its section. */
struct cst_facts_spans cst_facts_symbols_spans(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                               const struct cst_facts_spans *code);

#endif
