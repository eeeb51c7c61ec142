/* Facts about the code of one module: which language each stretch of it was written in, and which of it is Rust's
 * allocator, inlined or not. `custody prepare` and `custody run` work them out from symbols and debug information and keep
 * them in a file for each module; the runtime maps that file and looks addresses up. This header is the format of the
 * file: a header and rows, in the byte order of x86-64, without pointers or padding. A reader trusts nothing in it:
 * magic, version, sizes, checksum, order of the rows, and that it is about the very file that is loaded.
 *
 * The file is named after the module's build-id in hexadecimal digits, or, when it has none, "x" and its fingerprint and
 * size in 16 hexadecimal digits each, with CUSTODY_FACTS_SUFFIX behind; one directory holds all of them. */
#ifndef CUSTODY_FACTS_H
#define CUSTODY_FACTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CUSTODY_FACTS_MAGIC "CSTFACT"
#define CUSTODY_FACTS_VERSION 1U
#define CUSTODY_FACTS_SUFFIX ".facts"
#define CUSTODY_FACTS_BUILD_ID_MAX 32U

/** Most rows that a file may have: 64 MiB of them. */
#define CUSTODY_FACTS_ROWS_MAX ((uint32_t)8 << 20)

/** What the facts rest on, from little to much: facts of the same module with more take the place of those with less. */
enum custody_facts_source {
    CUSTODY_FACTS_NOTHING = 0,    /**< no more than what the module exports */
    CUSTODY_FACTS_SYMBOLS = 1,    /**< a symbol table (.symtab), and no debug information */
    CUSTODY_FACTS_DEBUG_INFO = 2, /**< debug information, and symbol tables where there are any */
};

/** The start of a file; the rows follow at once, and nothing follows the rows. */
struct custody_facts_header {
    char magic[8];        /**< CUSTODY_FACTS_MAGIC with its NUL */
    uint32_t version;     /**< CUSTODY_FACTS_VERSION */
    uint32_t row_count;   /**< at most CUSTODY_FACTS_ROWS_MAX */
    uint64_t fingerprint; /**< FNV-1a, 64 bits, of the module's program headers as they stand in its file; 1 for 0 */
    uint64_t module_size; /**< bytes of the file that the facts come from; with a build-id it is information only: the
                             stripped file of the same build has the same code */
    uint8_t build_id[CUSTODY_FACTS_BUILD_ID_MAX]; /**< zero behind build_id_size */
    uint32_t build_id_size;                       /**< 0 when the module has none */
    uint32_t source;                              /**< enum custody_facts_source */
    uint64_t checksum;                            /**< FNV-1a, 64 bits, of the whole file with this field 0 */
};

/** A row: from this address to that of the next row, the code is so. Rows ascend strictly by address; the last one has
 * language 0 and no flags. Bits 16 to 63 are the address, as in the module's file (p_vaddr); 8 to 15 flags; 0 to 7 the
 * language (enum custody_lang), 0 where it is not known. */
typedef uint64_t custody_facts_row;

/** Flags of a row. What they say of a call to malloc, free and their like from this code:
 *
 *     RUST_ALLOCATOR                it is made for the rust contract, exactly
 *     RUST_ALLOCATOR and MERGED     the same, inferred
 *     MERGED                        for the rust or the malloc contract: nothing follows from it
 *     DESCRIBED                     it is made for its own contract, exactly
 *     none of them                  the same, inferred where the module has Rust in it */
enum custody_facts_flag {
    CUSTODY_FACTS_DESCRIBED = 1, /**< debug information describes this code: that no other flag is set is proof */
    CUSTODY_FACTS_RUST_ALLOCATOR =
        2, /**< belongs to Rust's `__rust_*`, `__rdl_*` or `__rg_*` functions: they are it, or
                                         were inlined there */
    CUSTODY_FACTS_MERGED =
        4, /**< Rust after link-time optimisation, which merges equal calls and equal functions: this code
                                 may serve in the place of other code, too, that this row does not describe */
};

static inline custody_facts_row custody_facts_row_make(uint64_t address, unsigned flags, unsigned lang)
{
    return address << 16 | (uint64_t)(flags & 0xff) << 8 | (uint64_t)(lang & 0xff);
}

static inline uint64_t custody_facts_row_address(custody_facts_row row)
{
    return row >> 16;
}

static inline unsigned custody_facts_row_flags(custody_facts_row row)
{
    return (unsigned)(row >> 8) & 0xff;
}

static inline unsigned custody_facts_row_lang(custody_facts_row row)
{
    return (unsigned)row & 0xff;
}

#ifdef __cplusplus
}
#endif

#endif
