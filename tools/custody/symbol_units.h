/* Compilation units of one file by address, and what their debug information says about an address: the chain of inlined
 * calls with their lines. Pure DWARF, no ELF, no cache of answers. Everything is in the arena it was made with. */
#ifndef CST_TOOL_SYMBOL_UNITS_H
#define CST_TOOL_SYMBOL_UNITS_H

#include "symbol_scopes.h"

/** One compilation unit. */
struct cst_symbol_unit {
    Dwarf_Die lines;  /**< the unit with the line table */
    Dwarf_Die scopes; /**< the unit with the functions: the split one where debug information is split */
    struct cst_symbol_functions functions; /**< listed when first asked for */
    bool listed;
};

/** Addresses [lo, hi) that a unit covers. */
struct cst_symbol_range {
    uint64_t lo, hi;
    size_t unit; /**< index */
};

/** Units, and their ranges sorted by address. */
struct cst_symbol_units {
    struct cst_symbol_unit *items;
    size_t count;
    struct cst_symbol_range *ranges;
    size_t range_count;
};

/** Lists the units of `dwarf`; none when it is NULL. `dwarf` must outlive the result. */
struct cst_symbol_units cst_symbol_units_make(struct cst_arena *arena, Dwarf *dwarf);

/** The calls at `address`, in the arena; functions without a name are NULL. None when no unit covers it. */
struct cst_calls cst_symbol_units_lookup(struct cst_symbol_units *units, struct cst_arena *arena, uint64_t address);

#endif
