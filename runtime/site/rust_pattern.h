/* Rust's entries by the pattern of their code, for modules without symbols: four functions of the module that are nothing but
 * a `jmp`, to four that do with libc what the default allocator of Rust's standard library does:
 *
 *   alloc          malloc, and posix_memalign or aligned_alloc
 *   alloc_zeroed   calloc, and posix_memalign or aligned_alloc, and perhaps memset
 *   realloc        realloc, free, and posix_memalign or aligned_alloc, and perhaps memcpy
 *   dealloc        a jump to free with the pointer that it was given
 *
 * They call nothing else and write nothing but their stack, so that a hook may take their place. Functions are found in the
 * table of .eh_frame_hdr, names by the dynamic linker's relocations. Each of the four must be found exactly once, and the
 * module must have been made by rustc, as it says in .comment or by what Rust's standard library always says in its
 * messages; else no entries are found. Reads the module's file and memory; no allocation, no lock. Called by rust.c only. */
#ifndef CST_SITE_RUST_PATTERN_H
#define CST_SITE_RUST_PATTERN_H

#include "site/module.h"
#include "site/rust_survey.h"

/** What the code of a module says of Rust. */
enum cst_rust_pattern {
    CST_RUST_PATTERN_NONE,    /**< nothing */
    CST_RUST_PATTERN_TRACES,  /**< there is Rust in it, but the entries cannot be told for certain */
    CST_RUST_PATTERN_ENTRIES, /**< all four entries */
};

/** Looks for the four entries of `module`, which must be loaded and whose file is `elf`; out_survey is empty unless they are
 * found. */
CST_MUST_USE enum cst_rust_pattern cst_rust_pattern_find(const struct cst_module *module, const struct cst_elf *elf,
                                                         struct cst_rust_survey *out_survey);

#endif
