/* What the program told of (objects, loans, leases, callbacks), at the awkward moments of the process. */
#ifndef CST_ENTRY_OWNERSHIP_H
#define CST_ENTRY_OWNERSHIP_H

/** At the end of the process, before it is looked for leaks: what was never ended, returned or released becomes a finding. */
void cst_ownership_farewell(void);

/** After fork, in the child: frees locks that other threads of the parent may have held. What the parent told of is known,
 * but is not the child's to end. */
void cst_ownership_after_fork(void);

#endif
