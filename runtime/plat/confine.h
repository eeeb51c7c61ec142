/* System calls that the program has forbidden itself (seccomp(2)): a filter that would end the process for a call of ours
 * must never see it. Filters are noted when the program installs them through libc, and are asked before
 * each call of the runtime's own (syscall_x86_64.h). A filter of one thread counts for all. What was installed before the
 * program began, or by a system call of the program's own code, is not known. No locks, any thread. */
#ifndef CST_PLAT_CONFINE_H
#define CST_PLAT_CONFINE_H

#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Filters that can be known; a further one counts as one that allows nothing but what strict mode does. */
#define CST_CONFINE_FILTERS_MAX 64

/** True once a filter is known. */
extern atomic_bool cst_confine_is_on;

/** Memory for a copy of a filter that is about to be installed: once it holds, none may be had any more. NULL when memory is
 * out. */
CST_MUST_USE void *cst_confine_prepare(void);

/** Gives it back: the filter was not installed. */
void cst_confine_drop(void *room);

/** Notes the filter that was just installed: the kernel has read the struct sock_fprog at `program`; NULL: strict mode. Without
 * `room`, or when there are too many, it counts as the strictest. */
void cst_confine_note(const void *program, void *room);

/** Whether the filters let the call with these arguments pass, or fail, but not end anything, when cst_confine_call makes it. */
CST_MUST_USE bool cst_confine_allows(long number, const uint64_t arguments[6]);

/** Makes the call if it is allowed; otherwise -EPERM. */
long cst_confine_call(long number, long a, long b, long c, long d, long e, long f);

#endif
