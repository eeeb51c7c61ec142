/* The runtime's own memory: see pool.h. Chunks come from the kernel; what is left of a chunk when a larger piece is
 * asked for is given up, which costs less than keeping track of it. */
#include "base/pool.h"

#include "base/lock.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <stdint.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)256 * 1024)
#define PIECE_ALIGN ((size_t)16)

static struct {
    struct cst_lock lock;
    char *next, *end;
    size_t bytes;
} pool = {.lock = CST_LOCK_INIT};

static bool refill(size_t size)
{
    size_t chunk = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    char *start = cst_own_map(chunk);
    if (!start)
        return false;
    pool.next = start;
    pool.end = start + chunk;
    pool.bytes += chunk;
    return true;
}

void *cst_pool_alloc(size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + PIECE_ALIGN - 1) & ~(PIECE_ALIGN - 1);
    void *piece = NULL;
    cst_lock_acquire(&pool.lock);
    if (size <= (size_t)(pool.end - pool.next) || refill((size + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1))) {
        piece = pool.next;
        pool.next += size;
    }
    cst_lock_release(&pool.lock);
    return piece;
}

const char *cst_pool_copy(const char *text, size_t length)
{
    char *copy = cst_pool_alloc(length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

size_t cst_pool_bytes(void)
{
    cst_lock_acquire(&pool.lock);
    size_t bytes = pool.bytes;
    cst_lock_release(&pool.lock);
    return bytes;
}

/* Whoever held the lock may have been half-way through a refill: the child begins with a chunk of its own. */
void cst_pool_after_fork(void)
{
    pool.next = pool.end = NULL;
    cst_lock_reset(&pool.lock);
}
