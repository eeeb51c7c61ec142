/* Memory before the heap: see boot.h. In front of each block stands its size. */
#include "base/boot.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define BUFFER_SIZE ((size_t)128 * 1024)
#define HEADER_SIZE ((size_t)16)

static _Alignas(64) unsigned char buffer[BUFFER_SIZE];
static _Atomic size_t used;

/* Where the next header comes: blocks that are given back in turn leave no gaps. */
static size_t end_of(size_t block, size_t size)
{
    return (block + size + HEADER_SIZE - 1) / HEADER_SIZE * HEADER_SIZE;
}

void *cst_boot_alloc(size_t size, size_t align)
{
    if (align < HEADER_SIZE)
        align = HEADER_SIZE;
    size_t start = atomic_load(&used), block;
    do {
        block = ((uintptr_t)buffer + start + HEADER_SIZE + align - 1) / align * align - (uintptr_t)buffer;
        if (block >= BUFFER_SIZE || size > BUFFER_SIZE - block)
            return NULL;
    } while (!atomic_compare_exchange_weak(&used, &start, end_of(block, size)));
    *(size_t *)(void *)&buffer[block - sizeof(size_t)] = size;
    return &buffer[block];
}

bool cst_boot_owns(const void *block)
{
    return (uintptr_t)block - (uintptr_t)buffer < BUFFER_SIZE;
}

void cst_boot_release(void *block)
{
    size_t start = (size_t)((unsigned char *)block - buffer), size = cst_boot_size(block), end = end_of(start, size);
    if (atomic_load(&used) != end)
        return;
    memset(&buffer[start - sizeof(size_t)], 0,
           sizeof(size_t) + size); /* a larger block may come to lie over the header */
    atomic_compare_exchange_strong(&used, &end, start - HEADER_SIZE);
}

size_t cst_boot_size(const void *block)
{
    return *((const size_t *)block - 1);
}

void cst_boot_used(const void **out_begin, const void **out_end)
{
    *out_begin = buffer;
    *out_end = buffer + atomic_load(&used);
}
