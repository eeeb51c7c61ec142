/* Rust allocators that a module brings along (`#[global_allocator]`): the bodies of its four entries, found by their symbols,
 * are redirected (detour.h) to hooks that run them, and see what they make and release.
 *
 * The compiler may inline an entry into other code of the crate that defines it. Where the entries rest on an allocator whose
 * functions are known by name (jemalloc and mimalloc as Rust's crates build them), those are redirected, too, so that nothing
 * passes by. Else a module is *closed* when no other code of it does what its entries do, as far as calls tell: as in debug
 * builds. In one that is not, Rust code that calls libc's malloc or free may be an entry, inlined.
 *
 * Called by rust.c only, under the lock of the registry. */
#ifndef CST_SITE_RUST_OWN_H
#define CST_SITE_RUST_OWN_H

#include "base/elf.h"
#include "site/detour.h"
#include "site/rust.h"
#include "site/rust_survey.h"

/** Functions of C allocators that Rust's crates build in, by what they take. */
enum cst_rust_member {
    CST_RUST_MEMBER_MALLOC,          /**< (size) */
    CST_RUST_MEMBER_CALLOC,          /**< (count, size) */
    CST_RUST_MEMBER_REALLOC,         /**< (block, size) */
    CST_RUST_MEMBER_FREE,            /**< (block) */
    CST_RUST_MEMBER_MALLOCX,         /**< (size, flags) */
    CST_RUST_MEMBER_RALLOCX,         /**< (block, size, flags) */
    CST_RUST_MEMBER_DALLOCX,         /**< (block, flags) */
    CST_RUST_MEMBER_SDALLOCX,        /**< (block, size, flags) */
    CST_RUST_MEMBER_ALIGNED,         /**< (size, align) */
    CST_RUST_MEMBER_REALLOC_ALIGNED, /**< (block, size, align) */
    CST_RUST_MEMBER_COUNT,
};

/** Members of one allocator at most. */
#define CST_RUST_MEMBERS_MAX 12

/** An allocator of a module, as the hooks need it. In the pool; filled before the first hook is called. */
struct cst_rust_own {
    uint32_t module;
    bool closed;                                                            /**< see above */
    size_t member_count;                                                    /**< functions of a C allocator behind it */
    struct cst_detour detours[CST_RUST_ENTRY_COUNT + CST_RUST_MEMBERS_MAX]; /**< entries by enum cst_rust_entry, then
                                                                                 members; `data` is this struct */
    void *hook_data;                                                        /**< the hooks' own; NULL at first */
};

/** Redirects the entries in `survey` of `module`, whose file is `elf`, to `hooks` (or NULL). NULL, and nothing changed, when
 * there are not four of them, or they cannot be redirected. */
CST_MUST_USE const struct cst_rust_own *cst_rust_own_hook(const struct cst_module *module, const struct cst_elf *elf,
                                                          const struct cst_rust_survey *survey,
                                                          const struct cst_rust_own_hooks *hooks);

#endif
