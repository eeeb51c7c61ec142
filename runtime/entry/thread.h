/* Threads: the first call of a thread into the runtime sets its state up, its end gives the state back. The recursion
 * guard is the thread's mode: CST_THREAD_INSIDE while the runtime, or libc on its behalf, is at work. */
#ifndef CST_ENTRY_THREAD_H
#define CST_ENTRY_THREAD_H

#include "core/thread.h"
#include "plat/compiler.h"

#include <stdbool.h>

/** Prepares for threads; at start. */
void cst_thread_start(void);

/** Makes the calling thread ready, starting the runtime if nobody has. False when the call must be served without the
 * engine: the runtime is starting, could not start, or the thread is inside it already. */
CST_COLD CST_MUST_USE bool cst_thread_enter(void);

/** After fork, in the child: the calling thread is the only one, one generation on. */
void cst_thread_after_fork(void);

#endif
