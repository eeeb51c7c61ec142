/* Pages for the stubs of detours: near a module, within reach of its 32-bit jumps. Written first, executable then, never
 * both. A page belongs to one module; once that was unloaded it may serve another one nearby. Kept for the life of the
 * process. Takes a lock of its own; called by detour.c only. */
#ifndef CST_SITE_DETOUR_PAGE_H
#define CST_SITE_DETOUR_PAGE_H

#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Runs of pages that can be had. */
#define CST_DETOUR_RUNS_MAX 1024

/** `size` bytes (rounded up to whole pages) that may be written, from any of which any byte of `module` can be reached.
 * Belongs to the module, until cst_detour_page_drop or cst_detour_page_forget. NULL when there is no room. */
CST_MUST_USE void *cst_detour_page_get(const struct cst_module *module, size_t size);

/** Makes them executable, and no longer writable. False when refused. */
CST_MUST_USE bool cst_detour_page_seal(void *page, size_t size);

/** Gives pages back that nothing leads to. */
void cst_detour_page_drop(void *page);

/** Gives all pages of a module back that was unloaded. */
void cst_detour_page_forget(uint32_t module);

/** After fork, in the child: frees the lock. */
void cst_detour_page_after_fork(void);

#endif
