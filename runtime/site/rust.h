/* Rust entries: finds the four `__rust_*` allocator entries of a module and hooks them, so that what Rust allocates and
 * releases is seen with size and alignment. By their symbols, or, in a module without symbols, by the pattern of their code
 * (rust_pattern.h). Touched are entries that are plain thunks to the default allocator (rust_thunks.h), and the bodies of
 * those of an allocator of the module's own (rust_own.h); a module in which any entry is something else, as after LTO, is
 * left alone and answers CST_RUST_INFERRED. So does one whose entries take more than one instruction to redirect when it is
 * loaded while other threads run, which might be in the middle of them. Called each time that a module is loaded. */
#ifndef CST_SITE_RUST_H
#define CST_SITE_RUST_H

#include "site/module.h"

struct cst_elf;
struct cst_rust_survey;
struct cst_rust_own;

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

/** Functions that take the place of the entries of allocators of modules' own, and of the C functions behind them
 * (rust_own.h): by enum cst_rust_entry and enum cst_rust_member. They get the detour of the function as last argument. */
struct cst_rust_own_hooks {
    const uintptr_t *entries, *members;
    /** Makes what the hooks keep of one allocator, in the pool, before the first of them is called; NULL to leave the module
     * alone. Of `own` its address and its module are known then. Called under the lock of the module registry. */
    void *(*open)(const struct cst_rust_own *own);
};

/** Sets the hooks of allocators of modules' own, kept, not copied; at start, as cst_rust_route. */
void cst_rust_route_own(const struct cst_rust_own_hooks *hooks);

/** What cst_rust_hook found, for the fields of the module that are called so. */
struct cst_rust_answer {
    enum cst_rust_attribution rust;
    enum cst_rust_by rust_by;
    bool rust_mingles;
};

/** Hooks the entries of `module` that `survey` found in its file, `elf`, or that can be found in its code. A module that has
 * Rust code but takes the entries from another one (`-C prefer-dynamic`) answers EXACT: how well its releases are told apart
 * is the answer of the module that defines them. Called by the registry, one thread at a time, with everything in `module`
 * set but `rust`, `rust_by`, `rust_mingles`, `lang` and `unloaded`. */
CST_MUST_USE struct cst_rust_answer cst_rust_hook(const struct cst_module *module, const struct cst_elf *elf,
                                                  const struct cst_rust_survey *survey);

/** Forgets the entries of a module that was unloaded: their addresses may come to belong to another. */
void cst_rust_forget(uint32_t module);

/** True when `address` is one of the hooked entries, or the `__rdl_*` function that it used to jump to: a call seen to
 * go through it (the one that was under way when its module was first seen) is Rust's. Without locks, any thread; linear in
 * the number of hooked entries: for call sites that are seen for the first time. */
CST_MUST_USE bool cst_rust_is_entry(uintptr_t address, enum cst_rust_entry *out_entry, uint32_t *out_module);

#endif
