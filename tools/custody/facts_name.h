/* What the name of a function says of it: its language, and whether it is one of Rust's allocator functions. Pure. */
#ifndef CST_TOOL_FACTS_NAME_H
#define CST_TOOL_FACTS_NAME_H

#include <stdbool.h>

/** What a name says. */
enum cst_facts_name {
    CST_FACTS_NAME_PLAIN, /**< not mangled: C, or whatever exports it as C does */
    CST_FACTS_NAME_MAIN,  /**< `main`, and what the compiler's start files bring along: of the module's main language */
    CST_FACTS_NAME_CXX,   /**< mangled as C++ (Itanium ABI), or made by a C++ compiler */
    CST_FACTS_NAME_RUST,  /**< mangled as Rust, v0 (RFC 2603) or legacy, or made by rustc */
};

/** What the symbol or linkage name `name` says. Suffixes of clones (".cold", ".part.0", ".llvm.123") do not matter. */
enum cst_facts_name cst_facts_name(const char *name);

/** Whether it is one of the functions through which Rust code allocates and releases: `__rust_alloc`,
 * `__rust_alloc_zeroed`, `__rust_realloc`, `__rust_dealloc`, and the same of `__rdl_` (the default allocator) and
 * `__rg_` (a `#[global_allocator]`), plain, or in rustc's own crate in v0 mangling (rustc_symbol_mangling; since
 * 1.87). */
bool cst_facts_name_is_rust_allocator(const char *name);

/** Whether it is `__rust_dealloc`, plain or in v0 mangling: what Rust code calls, unless it was inlined everywhere. */
bool cst_facts_name_is_rust_entry(const char *name);

/** Whether it is `std::rt::lang_start`, which rustc calls from the `main` of a Rust program, and nobody else. */
bool cst_facts_name_is_rust_start(const char *name);

#endif
