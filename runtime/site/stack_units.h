/* Memory of the store of stacks: units of 32 bytes in chunks, numbered, so that from number to memory is two subscripts.
 * What is taken never moves and never goes. Without a lock; any thread, signal handlers and children of fork included. */
#ifndef CST_SITE_STACK_UNITS_H
#define CST_SITE_STACK_UNITS_H

#include "plat/compiler.h"
#include "site/stack.h"

#include <stdatomic.h>
#include <stdbool.h>

#define CST_UNIT_SIZE ((size_t)32)
#define CST_CHUNK_UNITS ((uint32_t)4096)
#define CST_CHUNK_COUNT (((uint32_t)1 << CST_STACK_ID_BITS) / CST_CHUNK_UNITS)

extern _Atomic(unsigned char *) cst_stack_chunks[CST_CHUNK_COUNT];

/** What begins at unit `id` (below 2^24), aligned to 32; NULL when nothing was taken near it. */
CST_INLINE void *cst_stack_unit(uint32_t id)
{
    unsigned char *chunk = atomic_load_explicit(&cst_stack_chunks[id / CST_CHUNK_UNITS], memory_order_acquire);
    return chunk ? chunk + id % CST_CHUNK_UNITS * CST_UNIT_SIZE : NULL;
}

/** The number of `size` zeroed bytes, at most a chunk. 0 when numbers or memory are used up. */
CST_MUST_USE uint32_t cst_stack_units_take(size_t size);

/** True when half of the numbers are used: time to take no more than must be. */
CST_MUST_USE bool cst_stack_units_low(void);

#endif
