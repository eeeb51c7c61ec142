/* A reader of 64-bit little-endian ELF files (System V gABI chapters 4 and 5; elf(5)) over their bytes in memory: program
 * headers, sections, symbols, dynamic entries, notes. Written for hostile input, because it reads, inside the audited
 * process, whatever that process has loaded: every offset and count is checked against the size, every string ends inside
 * the file, no loop runs longer than the file is. What is malformed is absent; nothing is reported. No allocation, no
 * lock, no state but the caller's struct cst_elf: any thread, and any number of them on one struct.
 *
 * Strings and bytes that are handed out point into the file's bytes and live as long as those. A file that is cut short
 * while it is mapped raises SIGBUS here as it does in the program that runs from it. */
#ifndef CST_BASE_ELF_H
#define CST_BASE_ELF_H

#include "plat/compiler.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A part of the file. bytes is NULL when size is 0. */
struct cst_elf_bytes {
    const unsigned char *bytes;
    size_t size;
};

/** An ELF file; fields are this module's own. */
struct cst_elf {
    struct cst_elf_bytes file;
    struct cst_elf_bytes phdrs;         /**< whole entries of Elf64_Phdr, unaligned */
    struct cst_elf_bytes shdrs;         /**< whole entries of Elf64_Shdr, unaligned */
    struct cst_elf_bytes section_names; /**< string table of the sections */
    struct cst_elf_bytes dynamic;       /**< whole entries of Elf64_Dyn, unaligned */
    struct cst_elf_bytes dynamic_names; /**< string table of the dynamic section */
};

/** The two symbol tables. .symtab, when not stripped, has everything; .dynsym what is exported and imported. */
enum cst_elf_table {
    CST_ELF_SYMTAB,
    CST_ELF_DYNSYM,
};

/** A symbol. */
struct cst_elf_symbol {
    const char *name; /**< terminated; "" when it has none */
    uint64_t value;   /**< address in the file's own numbering: run-time address minus load bias */
    uint64_t size;    /**< bytes; 0 when not known */
    uint16_t section; /**< index of the section it is defined in, or SHN_* */
    uint8_t type;     /**< STT_* */
    uint8_t binding;  /**< STB_* */
    bool defined;     /**< here, in a section; imports are not */
};

/** A walk over a symbol table; made by cst_elf_symbols. */
struct cst_elf_symbols {
    struct cst_elf_bytes entries, names;
    size_t next; /**< offset into `entries` */
};

/** Reads the headers of the ELF file `bytes[size]`, which the caller keeps while `out_elf` is used. False, and an empty
 * `out_elf`, when it is no 64-bit little-endian ELF file for x86-64. */
CST_MUST_USE bool cst_elf_parse(const void *bytes, size_t size, struct cst_elf *out_elf);

/** An ELF file of which nothing but its program headers is known: `phdrs[size]`, kept by the caller. */
struct cst_elf cst_elf_of_segments(const void *phdrs, size_t size);

/** Maps the file at `path` and reads its headers. False, with nothing to close, when it is no file or no such ELF file. */
CST_MUST_USE bool cst_elf_open(const char *path, struct cst_elf *out_elf);

/** Unmaps a file that cst_elf_open mapped. */
void cst_elf_close(struct cst_elf *elf);

/** How many program headers there are. */
size_t cst_elf_segment_count(const struct cst_elf *elf);

/** Program header `index`, which must be below the count. */
Elf64_Phdr cst_elf_segment(const struct cst_elf *elf, size_t index);

/** Contents of the first section called `name`; empty when there is none or it has no bytes in the file. */
struct cst_elf_bytes cst_elf_section(const struct cst_elf *elf, const char *name);

/** True when section `name` exists and `text` occurs in it. */
CST_MUST_USE bool cst_elf_section_has(const struct cst_elf *elf, const char *name, const char *text);

/** `size` bytes at address `address` (the file's own numbering) as a PT_LOAD segment takes them from the file; NULL when
 * they are not all in one such segment with all of `flags` (a sum of PF_*, 0 for any). */
CST_MUST_USE const unsigned char *cst_elf_at(const struct cst_elf *elf, uint64_t address, size_t size, uint32_t flags);

/** Starts a walk over a symbol table; an empty one when the file has no such table. */
struct cst_elf_symbols cst_elf_symbols(const struct cst_elf *elf, enum cst_elf_table table);

/** The next symbol of the walk, those with a malformed name left out. False at the end. */
CST_MUST_USE bool cst_elf_next(struct cst_elf_symbols *symbols, struct cst_elf_symbol *out_symbol);

/** True when `address` (the file's own numbering) lies in section `index`; false when there is no such section. */
CST_MUST_USE bool cst_elf_section_holds(const struct cst_elf *elf, size_t index, uint64_t address);

/** A string table's entry at `offset`; NULL when it is outside or does not end inside. */
CST_MUST_USE const char *cst_elf_string(struct cst_elf_bytes table, uint64_t offset);

/** Value of the `index`-th dynamic entry (from 0) with this tag. False when there is none. */
CST_MUST_USE bool cst_elf_dynamic_value(const struct cst_elf *elf, int64_t tag, size_t index, uint64_t *out_value);

/** String of the `index`-th dynamic entry (from 0) with this tag (DT_NEEDED, DT_SONAME, ...); NULL when there is none. */
CST_MUST_USE const char *cst_elf_dynamic_string(const struct cst_elf *elf, int64_t tag, size_t index);

/** Contents of the first note called `name` of this type in `notes` (contents of a PT_NOTE segment with alignment `align`);
 * empty when there is none. */
struct cst_elf_bytes cst_elf_note(struct cst_elf_bytes notes, size_t align, const char *name, uint32_t type);

/** The GNU build-id in `notes` (contents of a PT_NOTE segment with alignment `align`), cut to `limit` bytes. Returns how
 * many bytes were written to `out_id`; 0 when there is none. */
CST_MUST_USE size_t cst_elf_build_id(struct cst_elf_bytes notes, size_t align, uint8_t *out_id, size_t limit);

#endif
