/* Units of the store of stacks; see the header. */
#include "site/stack_units.h"

#include "plat/own.h"

_Atomic(unsigned char *) cst_stack_chunks[CST_CHUNK_COUNT];

static _Atomic uint32_t units_used = 1; /* 0 is no number */

static bool make_chunk(uint32_t index)
{
    const size_t size = CST_CHUNK_UNITS * CST_UNIT_SIZE;
    if (atomic_load_explicit(&cst_stack_chunks[index], memory_order_acquire)) {
        return true;
    }
    unsigned char *ours = cst_own_map(size), *theirs = NULL;
    if (ours && !atomic_compare_exchange_strong(&cst_stack_chunks[index], &theirs, ours)) {
        cst_own_unmap(ours, size);
    }
    return ours || theirs;
}

uint32_t cst_stack_units_take(size_t size)
{
    const uint32_t need = (uint32_t)((size + CST_UNIT_SIZE - 1) / CST_UNIT_SIZE);
    uint32_t used = atomic_load_explicit(&units_used, memory_order_relaxed), id;
    do {
        id = used;
        if (id % CST_CHUNK_UNITS + need > CST_CHUNK_UNITS) {
            id = (id / CST_CHUNK_UNITS + 1) * CST_CHUNK_UNITS;
        }
        if (id / CST_CHUNK_UNITS >= CST_CHUNK_COUNT || !make_chunk(id / CST_CHUNK_UNITS)) {
            return 0;
        }
    } while (!atomic_compare_exchange_weak_explicit(&units_used, &used, id + need, memory_order_relaxed,
                                                    memory_order_relaxed));
    return id;
}

bool cst_stack_units_low(void)
{
    return atomic_load_explicit(&units_used, memory_order_relaxed) > (CST_CHUNK_COUNT / 2) * CST_CHUNK_UNITS;
}
