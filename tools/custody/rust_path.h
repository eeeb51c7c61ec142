/* Paths of Rust functions as demanglers write them, both of v0 ("<alloc::vec::Vec<foo::Bar>>::push") and of the legacy
 * scheme ("alloc::vec::Vec<T,A>::push"): which crate the code is from. Results are spans of the text, or of a
 * static one. No state. */
#ifndef CST_TOOL_RUST_PATH_H
#define CST_TOOL_RUST_PATH_H

#include <stdbool.h>
#include <stddef.h>

/** A part of a text; `length` 0 for none. */
struct cst_span {
    const char *start;
    size_t length;
};

/** The crate whose code the function `path` is: by its first component, or, of "<Type as Trait>::method", by the rule that
 * an implementation lies in the crate of the type, the trait, or one of their arguments. `in_std` says that its file is
 * one of Rust's own libraries, `in_own` that it is another; with neither, the file is not known. None when not told. */
struct cst_span cst_rust_path_crate(const char *path, bool in_std, bool in_own);

/** True when `crate` comes with Rust, or is the collection library that std is built on. */
bool cst_rust_path_is_std(struct cst_span crate);

/** True when the function implements the allocator of a program or a collection: "<T as GlobalAlloc>::alloc". */
bool cst_rust_path_is_allocator(const char *path);

#endif
