/* Buffers that a caller provides: for the time of a call the library may write to the caller's memory, up to a capacity,
 * and keeps nothing. A lease states that, and checks it (docs/findings.md: buffer-overrun, buffer-overclaim,
 * buffer-retained). Whoever crosses the boundary takes it, the caller around the call, or the library inside:
 *
 *   char name[32];
 *   custody_lease lease;
 *   custody_lease_begin(library, name, sizeof name, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL, &lease);
 *   size_t length = device_name(device, custody_lease_memory(lease), sizeof name);
 *   custody_lease_end(lease, length);
 *
 * Without more, a lease compares the capacity with the block that the buffer lies in, and the length that the library
 * reports with the capacity; contents that are leased for reading are compared with what they were. With a guard, what is
 * written behind the capacity is seen at the end. With a copy the library gets memory of its own between two guards, whose
 * contents go to and fro, and which is watched for a while after the lease: what was kept and is written or released later
 * is told as buffer-retained. Where the buffer cannot be copied (more than 256 MiB, no memory, not all of it readable) the
 * library gets the buffer itself.
 *
 * Functions that answer 0 have told of misuse in the audit log; the lease has ended all the same. Any thread; one lease
 * is one thread's at a time. */
#ifndef CUSTODY_BUFFER_H
#define CUSTODY_BUFFER_H

#include "custody/block.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A lease's number; 0 is none, and every function takes it for a lease in which nothing is checked. Never given twice. */
typedef uint64_t custody_lease;

/** What may be said of a lease; or them together. */
enum custody_lease_flags {
    CUSTODY_LEASE_IN = 1,  /**< the library reads what the caller has put there */
    CUSTODY_LEASE_OUT = 2, /**< the library writes; without it, a write is a buffer-overrun */
    CUSTODY_LEASE_GUARD =
        4, /**< CUSTODY_GUARD_SIZE bytes behind the capacity are the caller's too, and are written to */
    CUSTODY_LEASE_COPY = 8,   /**< the library gets a guarded copy: custody_lease_memory. No further guard is laid */
    CUSTODY_LEASE_NUL = 16,   /**< what is written ends with a NUL of one byte, which the length leaves out */
    CUSTODY_LEASE_NUL16 = 32, /**< with one of two bytes; lengths are in bytes still */
    CUSTODY_LEASE_NUL32 = 64, /**< with one of four */
    CUSTODY_LEASE_REPORTS_NEED =
        128, /**< a length above the capacity is what it would take, as of snprintf: no fault */
};

#ifdef __cplusplus
#define CUSTODY_AS_SIZE(number) (static_cast<size_t>(number))
#else
#define CUSTODY_AS_SIZE(number) ((size_t)(number))
#endif

/** Bytes of a guard. */
#define CUSTODY_GUARD_SIZE CUSTODY_AS_SIZE(16)

/** As a length: the library reports none. */
#define CUSTODY_LENGTH_UNKNOWN CUSTODY_AS_SIZE(-1)

/** Begins a lease of `capacity` bytes at `buffer` to the library `to`. A capacity that reaches beyond the end of the block
 * that the buffer lies in is told of as buffer-overrun; the lease begins all the same, and what lies beyond is not
 * touched. Capacity 0 asks for a size: the first call of the idiom "ask, then fill", whose length may be anything;
 * `buffer` may be NULL then. INVALID_ARGUMENT (no direction, two terminators, NULL with a capacity), NOT_RUNNING,
 * EXHAUSTED; *out_lease is 0 then. */
CUSTODY_API custody_status custody_lease_begin(custody_side to, void *buffer, size_t capacity, unsigned flags,
                                               custody_lease *out_lease);

/** What the library is to be given: the buffer, or its guarded copy. NULL for no lease, and, told of as stale-handle, for one
 * that has ended. */
CUSTODY_API void *custody_lease_memory(custody_lease lease);

/** Ends a lease: the library reports `length` bytes, without terminator, or CUSTODY_LENGTH_UNKNOWN; a call that failed
 * reports 0, and owes no terminator. Of a copy, as much as was reported goes to the buffer, with the terminator (all of it
 * where no length is known), never more than the capacity. For a buffer that is only read the length does not matter. 1
 * when all was well; 0 when something was told of, and, as stale-handle, for a lease that has ended before. */
CUSTODY_API int custody_lease_end(custody_lease lease, size_t length);

/** Looks now at all copies of past leases that are watched; else some are looked at whenever a lease ends, each before it
 * gives way to others, and all at exit. The number of those that were found written to, or released, so far. */
CUSTODY_API size_t custody_lease_check(void);

#ifdef __cplusplus
}
#endif

#endif
