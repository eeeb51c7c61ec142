/* Rust hooks: where the overwritten `__rust_*` entries of a module lead. Each module gets a slot of its own in
 * rust_slots_x86_64.S, whose code adds the slot's number to the arguments; so a hook knows whose it was called, whatever
 * the return address says. The slot of a module that was unloaded is given to another. */
#ifndef CST_ENTRY_RUST_HOOK_H
#define CST_ENTRY_RUST_HOOK_H

#include "site/rust.h"

#include <stddef.h>
#include <stdint.h>

/** Modules whose Rust entries can be hooked at one time; further ones are left alone. */
#define CST_RUST_SLOTS 256

/** Fits cst_rust_router. One thread at a time. */
uintptr_t cst_rust_hook_route(uint32_t module, enum cst_rust_entry entry);

/* Rust's allocator entries with the number of the slot behind their own arguments. Sizes and alignments are those of a Rust
 * Layout: size > 0, alignment a power of two. */
void *cst_rust_hook_alloc(size_t size, size_t align, uint32_t slot);
void *cst_rust_hook_alloc_zeroed(size_t size, size_t align, uint32_t slot);
void *cst_rust_hook_realloc(void *block, size_t old_size, size_t align, size_t new_size, uint32_t slot);
void cst_rust_hook_dealloc(void *block, size_t size, size_t align, uint32_t slot);

#endif
