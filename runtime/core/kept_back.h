/* Blocks that are kept back: released, as everybody is told, but not yet given back to the heap, so that nothing else comes to
 * lie at their addresses for a while and a late use of them can be told. They count as released, are no leaks, and hold
 * nothing. The last CST_KEPT_BACK_MAX of them, of CST_KEPT_BACK_BYTES at most in all. Locks briefly; any thread. */
#ifndef CST_CORE_KEPT_BACK_H
#define CST_CORE_KEPT_BACK_H

#include "core/origin.h"

#include <stddef.h>
#include <stdint.h>

#define CST_KEPT_BACK_MAX 256
#define CST_KEPT_BACK_BYTES ((size_t)1 << 20)
/** A block that is larger is given back at once. */
#define CST_KEPT_BACK_BLOCK ((size_t)1 << 16)

/** Releases the live block of our heap that begins at `address`, for `call` by `origin`, and keeps it back. Does nothing when
 * there is none. The caller has judged the release; those who watch the block (core/watch.h) are asked. */
void cst_kept_back_release(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_kept_back_after_fork(void);

#endif
