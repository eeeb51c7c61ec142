/* The stacks of the threads that the runtime has met, so that a pointer into another thread's stack can be told from
 * another allocator's memory. A fixed table without locks; threads beyond it are not known. */
#ifndef CST_CORE_STACKS_H
#define CST_CORE_STACKS_H

#include "plat/compiler.h"
#include "site/stack.h"

#include <stdbool.h>
#include <stdint.h>

/** Threads that are known at one time. */
#define CST_STACKS_MAX 1024

/** Remembers a thread's stack until cst_stacks_remove. Its place in the table, or CST_STACKS_MAX when that is full. */
CST_MUST_USE unsigned cst_stacks_add(const struct cst_stack_bounds *bounds);

/** Forgets the stack at this place; CST_STACKS_MAX does nothing. */
void cst_stacks_remove(unsigned place);

/** Threads that ended and are remembered, the last ones. */
#define CST_STACKS_ENDED_MAX 512

/** Forgets the stack at this place as cst_stacks_remove does, and remembers that the thread on it has ended: what lies on
 * it below `control_block`, the thread's control block near its upper end, is in use no more. */
void cst_stacks_end(unsigned place, uintptr_t control_block);

/** The part of a stack that was in use by a thread that ended, up to its control block, by `index` from 0. False behind the
 * last. The addresses may have become something else since. */
CST_MUST_USE bool cst_stacks_ended(unsigned index, struct cst_stack_bounds *out_stack);

/** Stacks that threads have left for ones of ours at one time. */
#define CST_STACKS_LEFT_MAX 256

/** Remembers a stack that the calling thread leaves for one of ours, in use from `stack_pointer` on, until
 * cst_stacks_come_back. Its place, or CST_STACKS_LEFT_MAX when there is none. */
CST_MUST_USE unsigned cst_stacks_leave(uintptr_t stack_pointer);

/** The thread is back on the stack at this place; CST_STACKS_LEFT_MAX does nothing. */
void cst_stacks_come_back(unsigned place);

/** The stack that was left at this place; 0 when none was. */
CST_MUST_USE uintptr_t cst_stacks_left(unsigned place);

/** Forgets every stack: in the child of a fork, where the threads they belonged to are gone. */
void cst_stacks_clear(void);

/** The known stack that `address` lies in; false when there is none. */
CST_MUST_USE bool cst_stacks_find(uintptr_t address, struct cst_stack_bounds *out_stack);

#endif
