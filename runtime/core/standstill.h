/* The standstill of a fork: while one thread forks, no other is in the middle of changing what the runtime keeps, so that the
 * child finds whole tables. A thread moves from when it enters the runtime (cst_thread_guard) until it leaves; the quick ways of
 * malloc and free change nothing that is shared. Who forks waits for those that move, and whoever comes meanwhile waits
 * for the fork.
 *
 * Nobody waits for ever: after a second each goes on. Then a table may be as somebody left it, who was too long at it
 * (asking for facts, say), which the cst_*_after_fork of the tables mend as far as they can. */
#ifndef CST_CORE_STANDSTILL_H
#define CST_CORE_STANDSTILL_H

/** The calling thread, which did not, moves from now on; waits while another forks. */
void cst_standstill_enter(void);

/** It moves no more. Nothing happens when it did not. */
void cst_standstill_leave(void);

/** Before fork: waits for the others that move. A thread that forks may move itself: in a handler of a signal, say. */
void cst_standstill_begin(void);

/** After fork, in the parent. */
void cst_standstill_end(void);

/** After fork, in the child, once its thread is where it was before (cst_held_after_fork). */
void cst_standstill_after_fork(void);

#endif
