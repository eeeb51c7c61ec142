/* Pointers that the kernel keeps for the process and hands back one day: what epoll_ctl(2) and timer_create(2) were given.
 * Read from /proc (proc_pid_fdinfo(5), proc_pid_timers(5)); nothing is told where that is not there. No lock, no
 * allocation. */
#ifndef CST_BASE_KEPT_H
#define CST_BASE_KEPT_H

#include <stdint.h>

/** Calls `visit` with each. */
void cst_kept_each(void (*visit)(uintptr_t word, void *data), void *data);

#endif
