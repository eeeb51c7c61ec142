/* Releases of what is leased: by the library itself, which has the buffer or its copy on loan only (buffer-retained, and
 * nothing is released), or by somebody else while the lease goes on (released-while-lent). A watcher (watch.h). */
#ifndef CST_CORE_LEASE_RELEASE_H
#define CST_CORE_LEASE_RELEASE_H

#include <stdint.h>

/** The key of a lease that is live by now (lease_book.h), or its copy, is watched from now on; 0: nothing is. */
void cst_lease_release_watch(uintptr_t address);

/** A lease with this key is live no more: it is watched no more either, unless there is another. */
void cst_lease_release_unwatch(uintptr_t key);

#endif
