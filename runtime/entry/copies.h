/* Copies: the runtime may be in one process several times, as the preloaded library, as libcustody.so, and as libcustody.a
 * in the program and in each of its plugins. One of them serves: the one that serves already, else the preloaded one, else
 * the first in the order in which they were loaded. The others never start, and send every call of a public function on
 * to it (functions_x86_64.S). Copies of another version serve themselves, which is said.
 *
 * Each copy carries an ELF note by which the others find it among the modules of its link namespace; those of another
 * namespace have a libc of their own, and are not seen. Which copy serves never changes. No allocation, no lock but the
 * dynamic linker's; errno as it was. */
#ifndef CST_ENTRY_COPIES_H
#define CST_ENTRY_COPIES_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stdint.h>

/** Any function, called as what it is. */
typedef void cst_function(void);

/** The numbers of the public functions. */
enum cst_function_number {
#define CUSTODY_FUNCTION(name) CST_FUNCTION_##name,
#include "custody/functions.def"
    CST_FUNCTION_COUNT
};

/** A copy of the runtime. What another version looks at comes first and stays as it is. */
struct cst_copy {
    _Atomic uint32_t serves;                     /**< 1 once it was chosen to */
    uint32_t spare;                              /**< 0 */
    const uintptr_t *door;                       /**< of free: 0 there in a copy that replaces no allocator */
    cst_function *functions[CST_FUNCTION_COUNT]; /**< the bodies of the public functions, by number */
};

/** The contents of the note, in the order of functions_x86_64.S: version and functions differ between copies that do not
 * understand each other. */
struct cst_copy_note {
    int64_t offset; /**< of the struct cst_copy, from here */
    char texts[];   /**< the version, then the names of the functions; each terminated */
};

/** The functions of the copy that serves; NULL until that is known. */
extern cst_function *const *cst_functions_serving;

/** Which copy serves: its functions. Worked out once. The copies of modules that are being loaded must have been
 * relocated, as they are when constructors run. */
CST_MUST_USE cst_function *const *cst_copies_settle(void);

/** True when this copy serves. */
CST_MUST_USE bool cst_copies_serve_here(void);

/** Keeps the module of this copy loaded for ever, if it serves: others call it. For its constructor. */
void cst_copies_stay(void);

#endif
