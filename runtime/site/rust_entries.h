/* The table of hooked Rust entries: which addresses are entries, or the functions they led to before. Fixed size, no
 * locks: any thread. Called by rust_thunks.c only. */
#ifndef CST_SITE_RUST_ENTRIES_H
#define CST_SITE_RUST_ENTRIES_H

#include "site/rust.h"

/** Remembers that `address` is, or leads to, `entry` of `module`. False when the table is full. */
CST_MUST_USE bool cst_rust_entries_add(uintptr_t address, enum cst_rust_entry entry, uint32_t module);

#endif
