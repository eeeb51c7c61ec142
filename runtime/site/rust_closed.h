/* Closed allocators: whether code of a module may hold an allocator of its own inlined, beside the entries that are made of
 * it. Told from the calls that the entries make. Reads the module's file and memory; no lock, no allocation. Called by rust_own.c. */
#ifndef CST_SITE_RUST_CLOSED_H
#define CST_SITE_RUST_CLOSED_H

#include "base/elf.h"
#include "site/rust_survey.h"

/** True when the entries in `survey` of `module`, which is loaded and whose file is `elf`, each call a function that implements GlobalAlloc, none
 * calls libc's allocator itself, and those functions are called by nobody else but their like: the compiler inlined
 * nothing of them. False also when it cannot be told. */
CST_MUST_USE bool cst_rust_closed(const struct cst_module *module, const struct cst_elf *elf,
                                  const struct cst_rust_survey *survey);

#endif
