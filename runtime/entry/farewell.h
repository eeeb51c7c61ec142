/* The farewell of a process: live blocks become leak records, counters become the `exit` event. Once, at the end, under
 * the recursion guard; other threads may still be running. */
#ifndef CST_ENTRY_FAREWELL_H
#define CST_ENTRY_FAREWELL_H

#include <stdint.h>

/** Tells everything that can only be told at the end. `how` and `status` as in struct cst_exit_summary, `stack` as for
 * cst_leaks_find. */
void cst_farewell(const char *how, int status, uintptr_t stack);

#endif
