/* The file behind a module, and the part of it that is in memory. Called by the registry and its neighbours in
 * runtime/site only. No locks, no allocation; any thread. */
#ifndef CST_SITE_MODULE_FILE_H
#define CST_SITE_MODULE_FILE_H

#include "base/elf.h"
#include "site/module.h"

/** Reads build-id and fingerprint from the module's memory into `module`, whose base, lo, hi and headers are set. Leaves both
 * empty when its program headers are unknown. The module must be loaded. */
void cst_module_identify(struct cst_module *module);

/** Opens the module's file, for cst_elf_close to close, provided that it is the file that the module was loaded from: its
 * program headers and its build-id are those that cst_module_identify saw. The module may be unloaded by now. */
CST_MUST_USE bool cst_module_open_file(const struct cst_module *module, struct cst_elf *out_elf);

#endif
