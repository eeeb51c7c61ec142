/* Stopping the other threads of the process from inside, without ptrace: each is sent a signal whose handler notes what
 * the thread's registers hold and waits. The signal is one that glibc keeps for itself (SIGSETXID) and that programs can
 * therefore not block; its handler is lent to us for the time of the halt, and what was not sent by us is passed on to
 * it. System calls that a handler interrupts go on, or answer EINTR where the kernel does not restart them (signal(7)).
 *
 * While threads are halted they may hold any lock, of libc or of the runtime: who halts must take none, and allocate
 * nothing, until it lets them go. So that no handler of the program's does in its stead, the halting thread takes no
 * signals meanwhile. One halt at a time. */
#ifndef CST_PLAT_HALT_H
#define CST_PLAT_HALT_H

#include "plat/compiler.h"
#include "plat/process.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Registers of a thread that may hold pointers. */
#define CST_HALT_REGISTERS 16
/** Threads that can be halted at one time. */
#define CST_HALT_MAX ((size_t)32768)

enum cst_halt_state {
    CST_HALT_ASKED,   /**< was sent the signal */
    CST_HALT_STOPPED, /**< waits in the handler */
    CST_HALT_GONE,    /**< ended before it could stop */
    CST_HALT_MISSED,  /**< runs on: it holds every signal back, or does not leave the kernel */
};

/** One of the other threads. */
struct cst_halted {
    pid_t tid;
    _Atomic int state;        /**< enum cst_halt_state; what follows is valid with CST_HALT_STOPPED */
    uintptr_t stack_pointer;  /**< where it was interrupted */
    uintptr_t thread_pointer; /**< its control block */
    uintptr_t signal_stack;   /**< where its alternate signal stack begins; 0 when it has none */
    uintptr_t registers[CST_HALT_REGISTERS];
    uintptr_t vectors_lo, vectors_hi; /**< its vector registers, in memory */
    bool on_signal_stack;             /**< it was on the stack that it has for signals (sigaltstack(2)) */
};

/** The threads of a halt. */
struct cst_halt {
    struct cst_halted *threads;
    size_t count;
    size_t missed;       /**< threads that run on */
    bool listed;         /**< false when the threads could not all be listed: any number may run on */
    cst_signals signals; /**< what the calling thread held back before */
};

/** Halts every other thread; takes about a second at most. Memory for the result is the caller's to give back by
 * cst_halt_end. False when memory is out: nothing was halted. */
CST_MUST_USE bool cst_halt_begin(struct cst_halt *out_halt);

/** Lets the threads go on, and gives the signal back; it stays ours where a thread that was missed may yet be sent one. */
void cst_halt_end(struct cst_halt *halt);

/** After fork, in the child: a halt that another thread of the parent had begun is none of ours. */
void cst_halt_after_fork(void);

#endif
