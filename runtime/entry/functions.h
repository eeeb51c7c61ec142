/* The public functions, under the names that their bodies have inside: to be included by every file that has one. What the
 * world calls as custody_alloc is a few instructions in functions_x86_64.S that go to the body in the copy of the runtime
 * that serves this process (copies.h); the body in this copy is cst_api_custody_alloc for the linker, and custody_alloc in C. */
#ifndef CST_ENTRY_FUNCTIONS_H
#define CST_ENTRY_FUNCTIONS_H

#include "custody/custody.h"

#define CUSTODY_FUNCTION(name) extern __typeof__(name) name __asm__("cst_api_" #name);
#include "custody/functions.def"

#endif
