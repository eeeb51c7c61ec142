/* The runtime's own memory: a bump allocator over pages from the kernel, so that nothing of ours ever comes from the
 * heap under audit. Memory lives until the process ends; there is no release. Locks briefly; any thread. */
#ifndef CST_BASE_POOL_H
#define CST_BASE_POOL_H

#include "plat/compiler.h"

#include <stddef.h>

/** `size` zeroed bytes aligned to 16, owned by the caller for the life of the process. NULL when memory is out. */
CST_MUST_USE void *cst_pool_alloc(size_t size);

/** A terminated copy of `length` bytes of `text`, in pool memory. NULL when memory is out. */
CST_MUST_USE const char *cst_pool_copy(const char *text, size_t length);

/** Bytes taken from the kernel so far. */
size_t cst_pool_bytes(void);

/** After fork, in the child: frees a lock that another thread of the parent may have held. */
void cst_pool_after_fork(void);

#endif
