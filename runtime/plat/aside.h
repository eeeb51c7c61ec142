/* Running a function on another stack than the present one. */
#ifndef CST_PLAT_ASIDE_H
#define CST_PLAT_ASIDE_H

#include <stdint.h>

/** Calls `function` with `argument` on the stack that ends at `top`, a multiple of 16. It must return. */
void cst_aside_call(void (*function)(void *argument), void *argument, uintptr_t top);

#endif
