/* Back doors: the functions of libc's own allocator, and the operators of the C++ runtime. Who looks names up in these
 * libraries first (a library loaded with RTLD_DEEPBIND) or by another name (`__libc_free`) comes to them, and not to our
 * doors. Blocks would then be made by one allocator and released by the other, which libc ends the program for. So these
 * functions are redirected to the doors of their names, and libc's allocator is nobody's. How the program's symbols are
 * looked up stays as it wants it. */
#ifndef CST_ENTRY_BACK_DOORS_H
#define CST_ENTRY_BACK_DOORS_H

#include "custody/words.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stdint.h>

/** Sets the addresses of the doors (0 where there is none), kept, not copied; at start, before the rest. */
void cst_back_doors_setup(const uintptr_t doors[CUSTODY_DOOR_COUNT]);

/** Redirects libc's functions, all of them or none: none when there are no doors (the runtime linked alone), when another
 * library's allocator comes before libc's, or when code cannot be written. At start, with modules scanned, one thread, and
 * the heap in place. */
CST_MUST_USE bool cst_back_doors_close(void);

/** Redirects the operators of a C++ runtime, all of them or none, unless other threads may be in them: what they ask of malloc
 * is then told by whose they are. */
CST_MUST_USE bool cst_back_doors_close_cxx(const struct cst_module *runtime);

/** What the function at this address did before it was redirected, as a function; the address itself when it was not. */
CST_MUST_USE uintptr_t cst_back_doors_original(uintptr_t function);

#endif
