/* Leases: buffers that a caller provides to a library for a while. What was stated when a lease began is compared with the
 * memory behind the buffer, and at its end with what the library left there. The calling thread is ready, and under the
 * recursion guard; no lock is held while memory of the program is read, a stack walked or a finding told. */
#ifndef CST_CORE_LEASE_H
#define CST_CORE_LEASE_H

#include "core/origin.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is stated of a lease. */
struct cst_lease_terms {
    uint16_t to;      /**< side of the library */
    uintptr_t buffer; /**< 0: none yet, and a capacity of 0 */
    size_t capacity;  /**< bytes; 0 asks for a size */
    unsigned flags;   /**< enum custody_lease_flags, with at most one terminator */
};

/** Begins a lease; tells when the capacity is not there. Its number, or 0 when memory is out. */
CST_MUST_USE uint64_t cst_lease_begin(const struct cst_call *call, const struct cst_lease_terms *terms);

/** What the library is to be given: the buffer or its copy. 0, told of, when no such lease is live. */
CST_MUST_USE uintptr_t cst_lease_memory(const struct cst_call *call, uint64_t number);

/** Ends a lease, in which `length` bytes are reported, or CUSTODY_LENGTH_UNKNOWN. False when something was told of. */
bool cst_lease_end(const struct cst_call *call, uint64_t number, size_t length);

/** Looks at all copies that are watched; the number of those that were ever told of. */
size_t cst_lease_check(void);

/** At the end of the process, before it is looked for leaks. */
void cst_lease_farewell(void);

/** After fork, in the child. */
void cst_lease_after_fork(void);

#endif
