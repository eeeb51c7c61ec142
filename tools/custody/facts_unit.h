/* The units of debug information: of which language each is, which compiler wrote it, and which of them one run of the
 * linker compiled together. Through libdw; what it says is checked. */
#ifndef CST_TOOL_FACTS_UNIT_H
#define CST_TOOL_FACTS_UNIT_H

#include "arena.h"

#include "custody/words.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

/** A unit in a language that has a word here. */
struct cst_facts_unit {
    Dwarf_Die lines;         /**< the unit with the ranges */
    Dwarf_Die scopes;        /**< the unit with the functions: the split one where debug information is split */
    Dwarf_Off abbreviations; /**< one number for all units of an object file that LLVM wrote */
    enum custody_lang lang;
    bool from_gcc_lto; /**< functions are of the language of their origin's unit */
    bool from_llvm;
    bool of_rust_itself; /**< of the libraries that come with rustc */
};

/** All units of a file, in the arena. */
struct cst_facts_unit_list {
    struct cst_facts_unit *items;
    size_t count;
    Dwarf_Off *rust_objects; /**< abbreviations of units in Rust, sorted */
    size_t rust_object_count;
    bool own_rust;  /**< units in Rust are among them that are not of Rust's own libraries */
    bool rewritten; /**< by dwz, which shares abbreviations out anew */
};

/** The language that a unit's entry names; CUSTODY_LANG_NONE where there is no word for it. */
enum custody_lang cst_facts_unit_lang(Dwarf_Die *die);

/** Whether there is any unit: what tells debug information from none. Quick. */
bool cst_facts_unit_exists(Dwarf *dwarf);

struct cst_facts_unit_list cst_facts_unit_list(struct cst_arena *arena, Dwarf *dwarf);

/** Whether functions of Rust may have been inlined into a unit of another language: what one linker's run compiled
 * together is one object file. */
bool cst_facts_unit_is_mixed(const struct cst_facts_unit_list *list, const struct cst_facts_unit *unit);

#endif
