/* What the symbol tables of a file say of its code: the language of each function, by the mangling of its name, and
 * which are Rust's allocator functions. Reads through libelf; what the file says is checked. */
#ifndef CST_TOOL_FACTS_SYMBOLS_H
#define CST_TOOL_FACTS_SYMBOLS_H

#include "facts_span.h"

#include <elfutils/libdwfl.h>
#include <libelf.h>

/** Starts a collection with {0}, of one file; more than one table may be added to it. */
struct cst_facts_symbols {
    struct cst_facts_symbol *items;
    size_t count;
    bool rust_program; /**< it has `std::rt::lang_start` */
    bool rust_entries; /**< it has `__rust_dealloc`, or calls that of another module */
    bool c_sources;    /**< files in C are named as what it was made of */
};

/** Whether `elf` has a symbol table beside that of its exports. */
bool cst_facts_symbols_exist(Elf *elf);

/** Adds the functions in the symbol tables of `elf`; what is not in `code` is left out. */
void cst_facts_symbols_add(struct cst_arena *arena, struct cst_facts_symbols *symbols, Elf *elf,
                           const struct cst_facts_spans *code);

/** Adds those in the table that goes with the module's debug information. */
void cst_facts_symbols_add_apart(struct cst_arena *arena, struct cst_facts_symbols *symbols, Dwfl_Module *module,
                                 const struct cst_facts_spans *code);

/** Disjoint, sorted spans of what was added. Functions whose names disagree (folded by the linker) have no language;
 * unmangled aliases do not count as disagreeing. Several names of one function in Rust, of which not all are its
 * allocator's, show that equal functions were folded: CUSTODY_FACTS_MERGED. A name that is not mangled is C's where
 * files in C are named, else of no language. `main` and the compiler's start files are of Rust when
 * `std::rt::lang_start` is there, else of C++ when more of the module is C++ than is not mangled, else of C. A
 * function without a size reaches to the next symbol or the end of its section. */
struct cst_facts_spans cst_facts_symbols_spans(struct cst_arena *arena, struct cst_facts_symbols *symbols,
                                               const struct cst_facts_spans *code);

#endif
