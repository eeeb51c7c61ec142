/* Past leases: guarded copies whose lease has ended, kept for a while to see who writes to them still. The oldest give way,
 * after a last look. Takes the book's lock; tells findings with none held, under the recursion guard. */
#ifndef CST_CORE_LEASE_PAST_H
#define CST_CORE_LEASE_PAST_H

#include "core/lease_book.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Copies that are watched at one time, and bytes of them; a larger one is not watched. */
#define CST_LEASE_PAST_MAX ((size_t)64)
#define CST_LEASE_PAST_BYTES ((size_t)1 << 20)

/** What the end of a lease looks through, those first that were not looked at for longest. */
#define CST_LEASE_LOOK_BYTES ((size_t)1 << 14)

/** Watches the copy of a lease that was taken and has ended. */
void cst_lease_past_keep(struct cst_lease *lease);

/** Looks at what is watched, up to `bytes` of it, and tells of what was written to. */
void cst_lease_past_look(size_t bytes);

/** Looks at all of it, tells, and watches nothing of it any more. */
void cst_lease_past_end(void);

/** The past lease whose copy begins at `address`: it is the caller's alone from now on (BUSY). NULL when none does. */
CST_MUST_USE struct cst_lease *cst_lease_past_take(uintptr_t address);

/** Leases that were told of so far. */
size_t cst_lease_past_found(void);

/** A past lease that was taken was told of: it has ended, and what somebody still uses is not used again, as long as that
 * is little. */
void cst_lease_past_close(struct cst_lease *lease);

/** After fork, in the child: what the parent watched is the parent's. Before the book's. */
void cst_lease_past_after_fork(void);

#endif
