/* The process among other processes: links under /proc, its parent, its descriptors, its signals, and writes that
 * cannot end it. Like sys.h: raw system calls that leave errno alone, allocate nothing and lock nothing; any thread,
 * also in signal handlers and in the child of vfork. */
#ifndef CST_PLAT_PROCESS_H
#define CST_PLAT_PROCESS_H

#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A set of signals as the kernel holds it: bit n - 1 for signal n. */
typedef uint64_t cst_signals;

/** Where the symbolic link `path` leads, terminated, in `out_target[size]`. False, and an empty string, when it is no
 * link or its target does not fit. */
CST_MUST_USE bool cst_process_read_link(const char *path, char *out_target, size_t size);

/** Calls `visit` with each entry of the directory `path` whose name is a number above 0: threads, descriptors. False when it
 * cannot be read. */
CST_MUST_USE bool cst_process_each_number(const char *path, void (*visit)(int number, void *data), void *data);

/** Id of the parent process. */
pid_t cst_process_parent(void);

/** True while the kernel knows a thread or process with this id. */
CST_MUST_USE bool cst_process_exists(pid_t id);

/** What a thread would do with a signal that it is sent. */
enum cst_process_hearing {
    CST_PROCESS_HEARS, /**< take it sooner or later; also when it cannot be told */
    CST_PROCESS_DEAF,  /**< hold it back */
    CST_PROCESS_ENDED, /**< nothing: it has ended, or is a zombie */
};

/** How thread `tid` of this process stands to `signal`: proc_pid_status(5). */
CST_MUST_USE enum cst_process_hearing cst_process_hearing(pid_t tid, int signal);

/** How many descriptors the process may have: descriptors are below it. */
int cst_process_fd_limit(void);

/** True when `fd` is open for writing and not for reading. */
CST_MUST_USE bool cst_process_fd_write_only(int fd);

/** Holds back every signal of the calling thread but those that a fault raises, and the one that halts threads. Returns what was held back before. */
CST_MUST_USE cst_signals cst_process_block_signals(void);

/** As cst_process_block_signals, with the signal that halts threads: for moments. */
CST_MUST_USE cst_signals cst_process_block_halt(void);

/** Sets the signals that are held back: the counterpart of cst_process_block_signals. */
void cst_process_restore_signals(cst_signals blocked);

/** True when a stack pointer of the calling thread's lies on the stack that it has for signals (sigaltstack(2)). */
CST_MUST_USE bool cst_process_on_signal_stack(uintptr_t stack_pointer);

/** Where the calling thread's alternate signal stack begins; 0 when it has none. */
uintptr_t cst_process_signal_stack(void);

/** The stack that a thread has for signals, as sigaltstack(2) has it. */
struct cst_signal_stack {
    uintptr_t lo;
    size_t size;
    int flags;
};

/** Takes the stack for signals away from the calling thread, which must not be on it: handlers run on the present one. */
void cst_process_drop_signal_stack(struct cst_signal_stack *out_before);

/** Gives it back. */
void cst_process_put_signal_stack(const struct cst_signal_stack *before);

/** A copy of `fd` at the lowest free descriptor at or above `minimum`, close-on-exec; `fd` stays open. -errno when none
 * is free. */
CST_MUST_USE int cst_process_copy_fd(int fd, int minimum);

/** Moves `fd` up, to a place where programs, which number their descriptors from below, are not in its way: the highest
 * that is free at or below 900 or the limit. Returns where it is now, close-on-exec; `fd` itself when nothing is free. */
int cst_process_raise_fd(int fd);

/** As cst_sys_write, but a reader that has gone (SIGPIPE) or a limit on file sizes (SIGXFSZ) is only an error here: the
 * audited program is not to die of what the runtime writes. */
ssize_t cst_process_write(int fd, const void *bytes, size_t size);

/** Waits while `*word` is `value`, until a wake or for `nanoseconds` (0: for ever); may return early. False when the time
 * is up. futex(2), private to the process. */
bool cst_process_wait(_Atomic uint32_t *word, uint32_t value, uint64_t nanoseconds);

/** Wakes all threads that wait for `word`. */
void cst_process_wake(_Atomic uint32_t *word);

/** Lets another thread run. */
void cst_process_yield(void);

#endif
