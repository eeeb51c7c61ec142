/* Imports of an ELF file: the words that the dynamic linker fills with addresses of functions, and the names that it looks
 * up for them (System V gABI, "Relocation"; psABI x86-64, R_X86_64_GLOB_DAT and R_X86_64_JUMP_SLOT). Reads the file as
 * elf.h does: hostile, bounds-checked, without allocation, lock or state. */
#ifndef CST_BASE_ELF_IMPORTS_H
#define CST_BASE_ELF_IMPORTS_H

#include "base/elf.h"

/** A walk over the imports of one file. Fields are this module's own. */
struct cst_elf_imports {
    const struct cst_elf *elf;
    struct cst_elf_bytes tables[2]; /**< whole entries of Elf64_Rela, unaligned */
    size_t table, next;             /**< which of the two, and the offset into it */
    uint64_t symbols;               /**< address of .dynsym */
};

/** One word. */
struct cst_elf_import {
    const char *name; /**< of the symbol looked up, without version; terminated; in the file's bytes */
    uint64_t word;    /**< address in the file's own numbering */
};

/** Starts a walk over the imports of `elf`, which the caller keeps meanwhile. */
struct cst_elf_imports cst_elf_imports(const struct cst_elf *elf);

/** The next import, malformed ones left out. False at the end. */
CST_MUST_USE bool cst_elf_import_next(struct cst_elf_imports *imports, struct cst_elf_import *out_import);

#endif
