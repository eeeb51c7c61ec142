/* Thunks: entries of Rust's default allocator, each of which is nothing but a `jmp` to a function of the standard library
 * (behind an empty frame where frame pointers are forced). Checks that they are such thunks, and overwrites all of them or
 * none: as slots of 16 bytes, where each is alone in one (rust_slot.h), else the `jmp` alone (detour.h). Called by rust.c
 * only, under the lock of the registry. */
#ifndef CST_SITE_RUST_THUNKS_H
#define CST_SITE_RUST_THUNKS_H

#include "base/elf.h"
#include "site/rust.h"
#include "site/rust_survey.h"

/** Hooks the entries in `survey` of `module`, whose file is `elf`: they then lead to where `route` (or NULL) says. `proven`:
 * what they lead to is known to be the default allocator, else the module's symbols must say so. False, and nothing changed,
 * when any of them is not such a thunk or may not be overwritten now. */
CST_MUST_USE bool cst_rust_thunks_hook(const struct cst_elf *elf, const struct cst_module *module,
                                       const struct cst_rust_survey *survey, bool proven, cst_rust_router *route);

#endif
