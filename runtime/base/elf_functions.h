/* Which function an address is in, by the symbol tables of an ELF file: asked of the file itself, which takes a walk over
 * all of its symbols, or of an index of them, which is made in about the time of twenty such walks. The file is hostile
 * input, as in elf.h, and both ways give the same answer. The index lies in memory of our own; no lock, any thread. */
#ifndef CST_BASE_ELF_FUNCTIONS_H
#define CST_BASE_ELF_FUNCTIONS_H

#include "base/elf.h"

/** A symbol of a function. */
struct cst_elf_function {
    uint64_t value;  /**< where it begins */
    uint64_t last;   /**< last address that this function, or one before it in the list, covers; 0 when none does */
    uint32_t number; /**< which symbol: those of .symtab first, then those of .dynsym */
    uint32_t
        sizeless; /**< how far the list reaches with the nearest one, up to this, that has no size; 0 when none has */
};

/** An index of the functions of a file; fields are this module's own. Made, then only read. */
struct cst_elf_functions {
    const struct cst_elf *elf;
    struct cst_elf_symbols tables[2];
    struct cst_elf_function *list; /**< by `value`, then as they are in the file */
    size_t count, room;
};

/** The function that covers `address` (the file's own numbering): one whose size says so, else the nearest before it in
 * the same section that has no size. Of several names for one function a global one, one without leading underscore.
 * Both tables; one pass. False when there is none. */
CST_MUST_USE bool cst_elf_symbol_at(const struct cst_elf *elf, uint64_t address, struct cst_elf_symbol *out_symbol);

/** Makes an index of the functions of `elf`, which is kept as long as the index is. False, with nothing to free, when there
 * are none, or memory is refused. */
CST_MUST_USE bool cst_elf_functions_make(const struct cst_elf *elf, struct cst_elf_functions *out_functions);

/** As cst_elf_symbol_at, by the index. */
CST_MUST_USE bool cst_elf_functions_at(const struct cst_elf_functions *functions, uint64_t address,
                                       struct cst_elf_symbol *out_symbol);

/** Gives the memory of an index back. */
void cst_elf_functions_free(struct cst_elf_functions *functions);

#endif
