/* What debug information says of code: the language of each function, by its compilation unit, and which code is Rust's
 * allocator, as a function or inlined. Pure DWARF, versions 2 to 5, through libdw; what it says is checked, and a walk
 * through it ends, whatever it says. */
#ifndef CST_TOOL_FACTS_UNITS_H
#define CST_TOOL_FACTS_UNITS_H

#include "facts_span.h"

#include <elfutils/libdw.h>

/** What the units of one file say. Spans are in any order and may overlap. */
struct cst_facts_units {
    /** Code of which the language is known: CUSTODY_FACTS_DESCRIBED, and of a unit into which the linker may have
     * inlined Rust, CUSTODY_FACTS_MERGED. */
    struct cst_facts_spans functions;
    struct cst_facts_spans allocators; /**< Rust's allocator, inlined or not */
    bool rust;                         /**< there are units in Rust */
    bool own_rust;                     /**< among them some that are not of Rust's own libraries */
    bool functions_of_allocator;       /**< Rust's default allocator is there as functions */
    bool inlined; /**< Rust's allocator was inlined somewhere, or, where not all could be read, may have been */
    bool custom;  /**< a `#[global_allocator]` was written in this module */
};

/** Reads all units of `dwarf`. `bias` is added to their addresses; what is not in `code` is left out. */
struct cst_facts_units cst_facts_units_read(struct cst_arena *arena, Dwarf *dwarf, uint64_t bias,
                                            const struct cst_facts_spans *code);

#endif
