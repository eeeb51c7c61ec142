/* What can be wrong with a lease, told: the judgement over capacities, guards, contents, lengths and terminators. Changes
 * nothing. Under the recursion guard, with no lock held, for a lease that the caller has alone. */
#ifndef CST_CORE_LEASE_CHECK_H
#define CST_CORE_LEASE_CHECK_H

#include "core/buffer.h"
#include "core/lease_book.h"
#include "core/origin.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/** Bytes of the terminator that is expected; 0 for none. */
CST_INLINE size_t cst_lease_terminator(const struct cst_lease *lease);

/** At the beginning: tells when the capacity, and the guard behind it, are not there. */
void cst_lease_check_capacity(const struct cst_lease *lease, const struct cst_call *call,
                              const struct cst_buffer_place *place);

/** At the end, while memory is as the library left it: tells of each thing that is wrong. True when nothing is. */
CST_MUST_USE bool cst_lease_check_end(const struct cst_lease *lease, const struct cst_call *call, size_t length);

/** A hash of what the library had before it, for lease->sum. False where there is nothing to compare. */
CST_MUST_USE bool cst_lease_sum(const struct cst_lease *lease, uint64_t *out_sum);

/** Tells of a lease that was used after its end, or of a number that is none. `function` of the API was given it. */
void cst_lease_tell_stale(const struct cst_lease_known *known, uint64_t number, const struct cst_call *call,
                          const char *function);

/** Tells of a release of something leased by the library itself (buffer-retained), or by somebody else. */
void cst_lease_tell_released(const struct cst_lease_known *known, const struct cst_call *call, uint16_t side,
                             uintptr_t address, bool by_borrower);

/* --- inline parts --- */

#include "custody/buffer.h"

CST_INLINE size_t cst_lease_terminator(const struct cst_lease *lease)
{
    if (lease->flags & CUSTODY_LEASE_NUL)
        return 1;
    if (lease->flags & CUSTODY_LEASE_NUL16)
        return 2;
    return lease->flags & CUSTODY_LEASE_NUL32 ? 4 : 0;
}

#endif
