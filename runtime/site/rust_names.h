/* The names that rustc gives to the functions between Rust code and its global allocator: `__rust_alloc` and its like,
 * which Rust code calls; `__rdl_alloc` and its like, the default allocator they lead to; plainly named by old compilers,
 * and since rustc 1.87 in v0 mangling inside a crate called `__rustc` (rustc_ast/src/expand/allocator.rs and
 * rustc_symbol_mangling in the compiler's source; Rust RFC 2603 for the mangling). Pure; any thread. */
#ifndef CST_SITE_RUST_NAMES_H
#define CST_SITE_RUST_NAMES_H

#include "site/rust.h"

/** What a symbol of the allocator's is. */
enum cst_rust_name {
    CST_RUST_NAME_NONE,    /**< not of the allocator */
    CST_RUST_NAME_ENTRY,   /**< `__rust_*`: one of the four entries */
    CST_RUST_NAME_DEFAULT, /**< `__rdl_*`: the default allocator behind an entry */
    CST_RUST_NAME_OTHER,   /**< anything else that only Rust code brings along */
};

/** What `symbol` is; for an entry or a default also which of the four. */
CST_MUST_USE enum cst_rust_name cst_rust_name(const char *symbol, enum cst_rust_entry *out_entry);

#endif
