/* What is known of an address, in lines for a person at a debugger, on stderr. One write, from a buffer of fixed size. No
 * allocation, no lock of its own; errno as it was. */
#ifndef CST_ENTRY_PRINT_H
#define CST_ENTRY_PRINT_H

#include "core/portrait.h"

#include <stdint.h>

/** Says what `portrait` says of `address`, and what the program told of it. */
void cst_print_portrait(uintptr_t address, const struct cst_portrait *portrait);

/** Says that nothing can be said: the runtime does not run, or the thread is inside it. */
void cst_print_nothing(uintptr_t address);

#endif
