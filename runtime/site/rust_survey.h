/* What the symbols of a module say about Rust: where its entries are, and whether there is Rust in it at all. Filled while
 * somebody walks the symbol tables, which may be large, for all who want to know something of them. Pure; any thread. */
#ifndef CST_SITE_RUST_SURVEY_H
#define CST_SITE_RUST_SURVEY_H

#include "base/elf.h"
#include "site/rust.h"

/** A module has four entries; several when Rust libraries of several compilers are linked into it. */
#define CST_RUST_ENTRIES_MAX 32

/** An entry. Addresses are those of the file. */
struct cst_rust_found {
    enum cst_rust_entry entry;
    uint64_t address;
    uint64_t size; /**< that its symbol gives; 0: unknown */
};

/** Starts empty: all zero. */
struct cst_rust_survey {
    struct cst_rust_found found[CST_RUST_ENTRIES_MAX];
    size_t count;
    bool too_many;        /**< entries beyond CST_RUST_ENTRIES_MAX */
    bool imports_entries; /**< another module's entries are called */
    bool has_default;     /**< the default allocator, or a part of it, is in the module */
    bool other;           /**< other traces of Rust */
};

/** Takes a symbol of either table. */
void cst_rust_survey_symbol(struct cst_rust_survey *survey, const struct cst_elf_symbol *symbol);

/** Whether an entry of that kind was found. */
CST_MUST_USE bool cst_rust_survey_has(const struct cst_rust_survey *survey, enum cst_rust_entry entry);

#endif
