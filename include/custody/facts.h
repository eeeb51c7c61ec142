/* Facts about the code of one module: which language each stretch of it was written in, and which of it is Rust's
 * allocator, inlined or not. `custody prepare` and `custody run` work them out from symbols and debug information and
 * keep them in a file for each module; the runtime maps that file and looks addresses up. This header is the format of
 * the file: a header and rows, in the byte order of x86-64, without pointers or padding. A reader trusts nothing in it:
 * magic, version, sizes, checksum, order of the rows, and that it is about the very file that is loaded.
 *
 * The file is named after the module's build-id in hexadecimal digits, or, when it has none, "x" and its fingerprint
 * and size in 16 hexadecimal digits each, with CUSTODY_FACTS_SUFFIX behind; one directory holds all of them. */
#ifndef CUSTODY_FACTS_H
#define CUSTODY_FACTS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CUSTODY_FACTS_MAGIC "CSTFACT"
#define CUSTODY_FACTS_VERSION 2U
#define CUSTODY_FACTS_SUFFIX ".facts"
#define CUSTODY_FACTS_BUILD_ID_MAX 32U

/** Most rows that a file may have: 64 MiB of them. */
#define CUSTODY_FACTS_ROWS_MAX ((uint32_t)8 << 20)

/** A request for a module's facts, as the runtime sends it to whoever makes them (setting `prepare`): one packet with
 * the path of the module's file and the name of the file of facts without its suffix, a NUL behind each. The answer is
 * a byte. */
#define CUSTODY_FACTS_REQUEST_MAX 4352
#define CUSTODY_FACTS_NONE 0  /**< there are none to be had */
#define CUSTODY_FACTS_READY 1 /**< the file is there */

/** What the facts rest on, from little to much: facts of the same module with more take the place of those with
 * less. */
enum custody_facts_source {
    CUSTODY_FACTS_NOTHING = 0,    /**< no more than what the module exports */
    CUSTODY_FACTS_SYMBOLS = 1,    /**< a symbol table (.symtab), and no debug information */
    CUSTODY_FACTS_DEBUG_INFO = 2, /**< debug information, and symbol tables where there are any */
};

/** What holds for all of a module. */
enum custody_facts_trait {
    CUSTODY_FACTS_RUST_DESCRIBED = 1, /**< debug information describes Rust in it, and not only Rust's own libraries */
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
    uint16_t source;                              /**< enum custody_facts_source */
    uint16_t traits;                              /**< of enum custody_facts_trait */
    uint64_t checksum;                            /**< custody_facts_checksum */
};

/** A row: from this address to that of the next row, the code is so. Rows ascend strictly by address; the last one has
 * language 0 and no flags. Bits 16 to 63 are the address, as in the module's file (p_vaddr); 8 to 15 flags; 0 to 7 the
 * language (enum custody_lang), 0 where it is not known. */
typedef uint64_t custody_facts_row;

/** Flags of a row. What they say of a call to malloc, free and their like from this code:
 *
 *     RUST_ALLOCATOR                it is made for the rust contract, exactly
 *     MERGED, with it or without    for the rust or the malloc contract: nothing follows from it
 *     DESCRIBED                     it is made for its own contract, exactly
 *     none of them                  the same, inferred where the module has Rust in it
 *
 * DESCRIBED beside another flag takes nothing from what that says. */
enum custody_facts_flag {
    /** Debug information describes this code: that none of the flags below is set is proof. */
    CUSTODY_FACTS_DESCRIBED = 1,
    /** Belongs to Rust's `__rust_*`, `__rdl_*` or `__rg_*` functions: they are it, or were inlined there. */
    CUSTODY_FACTS_RUST_ALLOCATOR = 2,
    /** Rust after link-time optimisation, which merges equal calls and equal functions: this code may serve in the place of
     * other code, too, that this row does not describe. */
    CUSTODY_FACTS_MERGED = 4,
};

/** What a file's checksum has to be: FNV-1a, 64 bits (IETF draft-eastlake-fnv), over its header, with checksum 0, and
 * its rows, taken as words of 8 bytes. Words, since every start of a program may have to go over all of a file. */
static inline uint64_t custody_facts_checksum(const struct custody_facts_header *header, const custody_facts_row *rows)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325), words[sizeof *header / sizeof(uint64_t)];
    struct custody_facts_header bare = *header;
    bare.checksum = 0;
    memcpy(words, &bare, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        value = (value ^ words[i]) * UINT64_C(0x100000001b3);
    }
    for (size_t i = 0; i < header->row_count; i++) {
        value = (value ^ rows[i]) * UINT64_C(0x100000001b3);
    }
    return value;
}

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
