/* Compilation units of one file by address, and what their debug information says about an address: the chain of inlined
 * calls with their lines. Pure DWARF, no ELF, no cache of answers. */
#ifndef CST_TOOL_SYMBOL_UNITS_H
#define CST_TOOL_SYMBOL_UNITS_H

#include "symbol.h"

#include <elfutils/libdw.h>

/** Addresses [lo, hi) that a unit covers. */
struct cst_symbol_unit {
    uint64_t lo, hi;
    Dwarf_Die lines;  /**< the unit with the line table */
    Dwarf_Die scopes; /**< the unit with the functions: the split one where debug information is split */
};

/** Sorted by `lo`. Owned; free with cst_symbol_units_free. */
struct cst_symbol_units {
    struct cst_symbol_unit *items;
    size_t count;
};

/** Lists the units of `dwarf`; none when it is NULL. `dwarf` must outlive the result. */
struct cst_symbol_units cst_symbol_units_make(Dwarf *dwarf);

/** The calls at `address`, in the arena; functions without a name are NULL. None when no unit covers it. */
struct cst_calls cst_symbol_units_lookup(const struct cst_symbol_units *units, struct cst_arena *arena,
                                         uint64_t address);

void cst_symbol_units_free(struct cst_symbol_units *units);

#endif
