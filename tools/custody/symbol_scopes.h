/* Functions of one compilation unit by address, and the functions inlined into them. Does what dwarf_getscopes is for;
 * that one (elfutils 0.188) does not look into namespaces and types, where rustc puts most functions. */
#ifndef CST_TOOL_SYMBOL_SCOPES_H
#define CST_TOOL_SYMBOL_SCOPES_H

#include "symbol.h"

#include <elfutils/libdw.h>

/** Addresses [lo, hi) of a function. */
struct cst_symbol_function {
    uint64_t lo, hi;
    Dwarf_Die die;
};

/** Sorted by `lo`. */
struct cst_symbol_functions {
    struct cst_symbol_function *items;
    size_t count;
};

/** Calls nested in one another through inlining at one address: more than any compiler makes. */
#define CST_SYMBOL_SCOPES_MAX 128

/** Lists the functions of a unit that have code, in the arena. */
struct cst_symbol_functions cst_symbol_scopes_list(struct cst_arena *arena, Dwarf_Die *unit);

/** The functions at `address`: `out_dies[0]` is the innermost inlined one, the last is the function itself. Returns how
 * many; 0 when no function covers the address. */
size_t cst_symbol_scopes_at(const struct cst_symbol_functions *functions, uint64_t address,
                            Dwarf_Die out_dies[CST_SYMBOL_SCOPES_MAX]);

#endif
