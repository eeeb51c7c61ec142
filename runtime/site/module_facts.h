/* What a module is: its names, the part it plays and its language, from the dynamic linker's record of it and from its
 * file, under the registry's lock, once per module; and from its facts, without it. Takes memory for names from the pool. */
#ifndef CST_SITE_MODULE_FACTS_H
#define CST_SITE_MODULE_FACTS_H

#include "site/module.h"

/** Fills in path and name of a module whose base, lo and hi are set. `loader_name` is the dynamic linker's name for it,
 * which may be relative to a directory that the process has left, or empty: then the kernel's name for the mapping
 * counts. Without any name both are "[unknown]". */
void cst_module_name(const char *loader_name, struct cst_module *module);

/** Fills in role, operators, rust (hooking its entries on the way) and lang of a module that has names and identity, as far
 * as its file tells. `is_program` says that it is the main executable. True when the module's facts may tell more of its
 * Rust: then cst_module_settle is to be called. */
CST_MUST_USE bool cst_module_classify(bool is_program, struct cst_module *module);

/** Looks for the facts of such a module, which may take as long as it takes to make them: not under a lock. Fills in what
 * they tell. */
void cst_module_settle(struct cst_module *module);

#endif
