/* The table of callbacks: see callback_table.h. Records lie in chunks that are never moved. */
#include "core/callback_table.h"

#include "base/lock.h"
#include "base/pool.h"

#include <stdbool.h>

#define INDEX_MASK ((uint64_t)CST_CALLBACKS_MAX - 1)
#define OF_CHUNK ((size_t)256)
#define CHUNKS (CST_CALLBACKS_MAX / OF_CHUNK)
#define LOCKS 64U
_Static_assert((CST_CALLBACKS_MAX & INDEX_MASK) == 0, "an index is a number of bits");

/* A number is even, those of objects are odd: how often the record was used, and its index. */
static uint64_t first_number(size_t index)
{
    return (uint64_t)index << 1;
}

static size_t index_of(uint64_t number)
{
    return (size_t)(number >> 1 & INDEX_MASK);
}

struct chunk {
    struct cst_callback callbacks[OF_CHUNK];
};

static struct {
    struct cst_lock lock; /* of what follows */
    _Atomic size_t count; /* records that were ever used */
    struct chunk *_Atomic chunks[CHUNKS];
    struct cst_callback *oldest, *newest; /* dropped, in order */
    size_t dropped;
} table = {.lock = CST_LOCK_INIT};

static struct cst_lock locks[LOCKS];

struct cst_callback *cst_callbacks_at(size_t index)
{
    if (index >= atomic_load_explicit(&table.count, memory_order_acquire))
        return NULL;
    return &atomic_load_explicit(&table.chunks[index / OF_CHUNK], memory_order_acquire)->callbacks[index % OF_CHUNK];
}

struct cst_callback *cst_callbacks_find(uint64_t number)
{
    bool is_one = number % 2 == 0 && number >= 2 * CST_CALLBACKS_MAX;
    return is_one ? cst_callbacks_at(index_of(number)) : NULL;
}

static struct cst_lock *lock_of(const struct cst_callback *callback)
{
    return &locks[(uintptr_t)callback / sizeof *callback % LOCKS];
}

void cst_callbacks_lock(const struct cst_callback *callback)
{
    cst_lock_acquire(lock_of(callback));
}

void cst_callbacks_unlock(const struct cst_callback *callback)
{
    cst_lock_release(lock_of(callback));
}

static struct cst_callback *take_new(void)
{
    size_t index = atomic_load(&table.count);
    if (index == CST_CALLBACKS_MAX)
        return NULL;
    if (index % OF_CHUNK == 0) {
        struct chunk *chunk = cst_pool_alloc(sizeof *chunk);
        if (!chunk)
            return NULL;
        atomic_store_explicit(&table.chunks[index / OF_CHUNK], chunk, memory_order_release);
    }
    struct cst_callback *callback =
        &atomic_load_explicit(&table.chunks[index / OF_CHUNK], memory_order_relaxed)->callbacks[index % OF_CHUNK];
    callback->number = first_number(index);
    atomic_store_explicit(&table.count, index + 1, memory_order_release);
    return callback;
}

static struct cst_callback *take_oldest(void)
{
    struct cst_callback *callback = table.oldest;
    if (callback) {
        table.oldest = callback->unused;
        table.dropped--;
    }
    return callback;
}

struct cst_callback *cst_callbacks_add(void)
{
    cst_lock_acquire(&table.lock);
    struct cst_callback *callback = table.dropped > CST_CALLBACKS_DROPPED_MIN ? take_oldest() : take_new();
    if (!callback)
        callback = take_oldest();
    cst_lock_release(&table.lock);
    if (!callback)
        return NULL;
    cst_callbacks_lock(callback);
    callback->number += 2 * CST_CALLBACKS_MAX;
    callback->running = 0;
    callback->entered = 0;
    cst_history_clear(&callback->history);
    cst_callbacks_unlock(callback);
    return callback;
}

void cst_callbacks_retire(struct cst_callback *callback)
{
    callback->unused = NULL;
    cst_lock_acquire(&table.lock);
    if (table.oldest)
        table.newest->unused = callback;
    else
        table.oldest = callback;
    table.newest = callback;
    table.dropped++;
    cst_lock_release(&table.lock);
}

void cst_callbacks_after_fork(void)
{
    cst_lock_reset(&table.lock);
    for (size_t i = 0; i < LOCKS; i++)
        cst_lock_reset(&locks[i]);
}
