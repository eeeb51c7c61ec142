/* The leak audit: which live blocks are lost, whose they are, and who holds those that are not; summed by side, contract,
 * class, holder and allocation stack. What was told as a handle-leak or a transfer-leak is in the totals only. Blocks that a parent process made before a fork are not told, nor are the
 * runtime's own. Halts the other threads while it looks (plat/halt.h). Under the recursion guard, with no runtime lock
 * held; one audit at a time. */
#ifndef CST_CORE_LEAK_H
#define CST_CORE_LEAK_H

#include "core/reach.h"
#include "custody/words.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Blocks that have all of this in common. */
struct cst_leak {
    uint64_t key; /**< leak.c's own */
    size_t blocks, bytes;
    uintptr_t example; /**< start of one of them */
    size_t example_size, example_align;
    uint32_t stack; /**< 0 when summed over all stacks */
    uint16_t side;
    uint16_t holder;  /**< the one other side that holds them; CST_SIDE_UNKNOWN for none */
    uint8_t contract; /**< enum custody_contract */
    uint8_t class;    /**< enum cst_reach_class */
};

/** Blocks of one class. */
struct cst_leak_total {
    size_t blocks, bytes;
};

/** What an audit found. */
struct cst_leaks {
    struct cst_leak *list; /**< worst class first, then most bytes */
    size_t count, capacity;
    struct cst_leak_total totals[CST_REACH_CLASSES];
    bool exact;      /**< false when threads ran on meanwhile, whose registers are not known */
    bool incomplete; /**< memory ran out: the list lacks some, the totals do not */
};

/** For the function through which the program enters the runtime: has it save every register that it must preserve, and
 * gives the address from which on the stack is in use by the program. The registers are saved right below the frame
 * address (System V ABI x86-64, 3.2.1: rbx, r12 to r15). */
#define CST_LEAKS_STACK() (__builtin_unwind_init(), (uintptr_t)__builtin_frame_address(0) - 6 * sizeof(uintptr_t))

/** Looks for leaks. `by_stack` false: sums over all stacks. `stack` is the address from which on the calling thread's stack is
 * in use by the program. Where reachability cannot be examined (no memory, no /proc) the class is CST_REACH_LIVE. The
 * result is the caller's to free with cst_leaks_free. */
void cst_leaks_find(bool by_stack, uintptr_t stack, struct cst_leaks *out_leaks);

/** Gives the memory of a result back. */
void cst_leaks_free(struct cst_leaks *leaks);

/** After fork, in the child: an audit that another thread of the parent was making is none of ours. */
void cst_leaks_after_fork(void);

/** The word for a class in logs: "definite", "indirect", "possible", "reachable", "live". */
const char *cst_leak_class_name(enum cst_reach_class class);

/** How bad it is: error, warning or note; at most a warning when not exact. */
enum custody_severity cst_leak_severity(enum cst_reach_class class, bool exact);

#endif
