/* The awkward moments of a process, a function each with the rule it follows: fork, exec, dlclose and the ways to end. */
#ifndef CST_ENTRY_MOMENTS_H
#define CST_ENTRY_MOMENTS_H

#include "plat/compiler.h"

#include <stdint.h>

/** Registers for fork and for the end of the process; at start. */
void cst_moments_start(void);

/** The process is about to replace itself: says so in the log. Nothing that is given need be readable; without a `file` the
 * first argument says what it is. */
void cst_moments_exec(const char *file, char *const argv[]);

/** A module may have been unloaded. */
void cst_moments_unload(void);

/** A link namespace is about to be made, or added to. */
void cst_moments_namespace(void);

/** The program calls exit: `stack` is where its part of the calling thread's stack begins (CST_LEAKS_STACK). */
void cst_moments_exit(uintptr_t stack);

/** The process ends by `how` ("exit", "_exit", "quick_exit") with `status`, -1 when that is not known: tells what is live
 * and closes the audit, once. Returns the status to end with: that of `fail_on` when it applies, else `status`. */
int cst_moments_end(const char *how, int status);

#endif
