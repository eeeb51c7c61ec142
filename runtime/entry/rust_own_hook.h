/* Hooks of allocators that modules bring along for their Rust code (site/rust_own.h): they run the allocator's own code, and
 * see what it makes and what it is given. */
#ifndef CST_ENTRY_RUST_OWN_HOOK_H
#define CST_ENTRY_RUST_OWN_HOOK_H

#include "site/rust.h"

/** For cst_rust_route_own. */
extern const struct cst_rust_own_hooks cst_rust_own_hooks;

#endif
