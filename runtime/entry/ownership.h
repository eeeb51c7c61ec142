/* What the program told of (objects, loans, leases, callbacks), at the awkward moments of the process, and asked about an
 * address. */
#ifndef CST_ENTRY_OWNERSHIP_H
#define CST_ENTRY_OWNERSHIP_H

#include "core/history.h"

#include <stddef.h>
#include <stdint.h>

/** What the program told of an address. */
struct cst_ownership_facts {
    const char *type; /**< of the object that begins at the block's start, or at the address; NULL: no object */
    size_t loans;     /**< that are out, of the block */
};

/** What is known of `address`, in the block that begins at `start` (0: none). Under the recursion guard. */
struct cst_ownership_facts cst_ownership_of(uintptr_t address, uintptr_t start);

/** What happened to the block that begins at `start`, as far as the program told. Under the recursion guard. */
void cst_ownership_history(uintptr_t start, struct cst_history_copy *out_copy);

/** At the end of the process, before it is looked for leaks: what was never ended, returned or released becomes a finding. */
void cst_ownership_farewell(void);

/** After fork, in the child: frees locks that other threads of the parent may have held. What the parent told of is known,
 * but is not the child's to end. */
void cst_ownership_after_fork(void);

#endif
