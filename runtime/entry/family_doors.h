/* Doors of families: redirects the functions of allocators with memory of their own (custody/families.def), in the libraries
 * that define them, to their hook, so that their blocks are known. The libraries stay what they are, and export what they
 * did. Functions that make or measure blocks are left as they are when they cannot be redirected: what they make is
 * then not known. Of those that release and resize, all are redirected, or none of any kind. */
#ifndef CST_ENTRY_FAMILY_DOORS_H
#define CST_ENTRY_FAMILY_DOORS_H

#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>

/** Finds out whose malloc the program would have but for us. At start, before modules are scanned. */
void cst_family_doors_start(void);

/** Redirects the functions of `module`, if it has a family. False when they cannot be: its blocks are not seen. True also where
 * there is nothing to do: no such functions, or none that could mix with ours. */
CST_MUST_USE bool cst_family_doors_open(const struct cst_module *module);

#endif
