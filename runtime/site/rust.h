/* Rust entries: finds the four `__rust_*` allocator entries of a module and overwrites them with jumps to hooks, so
 * that what Rust allocates and releases is seen with size and alignment (DESIGN: who is calling). Only entries that have
 * the shape of a plain thunk (a jmp in a 16-byte slot, behind an empty frame where frame pointers are forced) are touched;
 * a module in which any entry lacks that shape, as after LTO, is left alone and answers CST_RUST_INFERRED. So does one whose
 * thunks have frames when it is loaded while other threads run, which might be in the middle of them. Called once per module. */
#ifndef CST_SITE_RUST_H
#define CST_SITE_RUST_H

#include "site/module.h"

struct cst_elf;
struct cst_rust_survey;

/** The four functions through which all Rust code allocates and releases. */
enum cst_rust_entry {
    CST_RUST_ENTRY_ALLOC,
    CST_RUST_ENTRY_ALLOC_ZEROED,
    CST_RUST_ENTRY_REALLOC,
    CST_RUST_ENTRY_DEALLOC,
    CST_RUST_ENTRY_COUNT,
};

/** Where the entries of a given module are sent: a function address for each entry, or 0 to leave modules alone. The
 * addresses may differ per module, which is how a hook learns whose it was called. Called under the lock of the module
 * registry: must not look modules up. */
typedef uintptr_t cst_rust_router(uint32_t module, enum cst_rust_entry entry);

/** Sets the router; at start, before the first module is registered. */
void cst_rust_route(cst_rust_router *router);

/** Hooks the entries of `module` that `survey` found in its file, `elf`; the answer belongs into module->rust. A module that has Rust code but
 * takes the entries from another one (`-C prefer-dynamic`) answers EXACT: how well its releases are told apart is the
 * answer of the module that defines them. Called by the registry, one thread at a time, with everything in `module` set
 * but `rust`, `lang` and `unloaded`. */
CST_MUST_USE enum cst_rust_attribution cst_rust_hook(const struct cst_module *module, const struct cst_elf *elf,
                                                     const struct cst_rust_survey *survey);

/** Forgets the entries of a module that was unloaded: their addresses may come to belong to another. */
void cst_rust_forget(uint32_t module);

/** True when `address` is one of the hooked entries, or the `__rdl_*` function that it used to jump to: a call seen to
 * go through it (the one that was under way when its module was first seen) is Rust's. Without locks, any thread; linear in
 * the number of hooked entries: for call sites that are seen for the first time. */
CST_MUST_USE bool cst_rust_is_entry(uintptr_t address, enum cst_rust_entry *out_entry, uint32_t *out_module);

#endif
