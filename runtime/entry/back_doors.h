/* Back doors: the functions of libc's own allocator. Who looks names up in libc first (a library loaded with RTLD_DEEPBIND)
 * or by another name (`__libc_free`) comes to them, and not to our doors. Blocks would then be made by one allocator and
 * released by the other, which libc ends the program for. So these functions are redirected to the doors of their names,
 * at start, and libc's allocator is nobody's. Lookup of symbols stays as the program wants it. */
#ifndef CST_ENTRY_BACK_DOORS_H
#define CST_ENTRY_BACK_DOORS_H

#include "plat/compiler.h"

#include <stdbool.h>

/** Redirects all of them, or none: when there are no doors (the runtime linked alone), when another library's allocator comes
 * before libc's, or when code cannot be written. At start, with modules scanned, one thread, and the heap in place. */
CST_MUST_USE bool cst_back_doors_close(void);

#endif
