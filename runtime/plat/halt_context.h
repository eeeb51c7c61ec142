/* What a signal handler is told of the thread it interrupted, on this machine. Used by halt_linux.c only. */
#ifndef CST_PLAT_HALT_CONTEXT_H
#define CST_PLAT_HALT_CONTEXT_H

#include "plat/halt.h"

/** Notes the registers of the interrupted thread, which must be the calling one. */
void cst_halt_context_read(const void *context, struct cst_halted *out_thread);

/** Where the kernel returns to from a handler: rt_sigreturn(2). */
void cst_halt_restore(void);

#endif
