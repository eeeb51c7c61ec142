/* Caches: see cache.h. They are kept in one list for ever, and handed from ended threads to new ones. */
#include "core/cache.h"

#include "base/lock.h"
#include "base/pool.h"
#include "core/heap.h"

#define CLASSES 20U

/* A class holds at most about so many bytes, and entries between these two. */
#define BYTES_OF_CLASS ((size_t)4096)
#define ENTRIES_MIN ((size_t)8)
#define ENTRIES_MAX ((size_t)64)

struct whole {
    struct cst_cache cache;
    struct cst_cache_class classes[CLASSES];
    struct whole *next;
    bool in_use;
    struct cst_cache_entry entries[];
};

static struct cst_lock lock = CST_LOCK_INIT;
static struct whole *first;

/* Of a cache that holds nothing ever: not written to. */
static struct cst_cache_class no_class;
static struct cst_cache no_cache = {.of_size = {[0 ... CST_CACHE_SIZE_MAX / CST_BLOCK_ALIGN] = &no_class}};

static size_t entries_of(size_t size)
{
    size_t entries = BYTES_OF_CLASS / size;
    return entries > ENTRIES_MAX ? ENTRIES_MAX : entries < ENTRIES_MIN ? ENTRIES_MIN : entries;
}

/* The entries of all classes. */
static size_t all_entries(void)
{
    size_t sum = 0;
    for (size_t size = CST_BLOCK_MIN; size <= CST_CACHE_SIZE_MAX; size = cst_tag_class(size + 1))
        sum += entries_of(size);
    return sum;
}

static void set_up(struct whole *whole)
{
    struct cst_cache_entry *entries = whole->entries;
    struct cst_cache_class *class = whole->classes;
    for (size_t i = 0; i <= CST_CACHE_SIZE_MAX / CST_BLOCK_ALIGN; i++) {
        size_t size = cst_tag_class(i * CST_BLOCK_ALIGN);
        if (class->size != 0 && class->size != size)
            class ++;
        if (class->size == 0) {
            size_t room = entries_of(size);
            *class = (struct cst_cache_class){entries, entries, entries + room, size};
            entries += room;
        }
        whole->cache.of_size[i] = class;
    }
}

static struct whole *take_idle(void)
{
    for (struct whole *whole = first; whole; whole = whole->next)
        if (!whole->in_use)
            return whole;
    struct whole *fresh = cst_pool_alloc(sizeof *fresh + all_entries() * sizeof *fresh->entries);
    if (fresh) {
        set_up(fresh);
        fresh->next = first;
        first = fresh;
    }
    return fresh;
}

struct cst_cache *cst_cache_acquire(bool without)
{
    if (without)
        return &no_cache;
    cst_lock_acquire(&lock);
    struct whole *whole = take_idle();
    if (whole)
        whole->in_use = true;
    cst_lock_release(&lock);
    return whole ? &whole->cache : &no_cache;
}

void cst_cache_give_back(struct cst_cache *cache)
{
    if (cache == &no_cache)
        return;
    struct whole *whole = (struct whole *)cache;
    for (struct cst_cache_class *class = whole->classes; class < whole->classes + CLASSES; class ++) {
        while (class->top != class->bottom)
            cst_heap_release((--class->top)->block, class->size, CST_BLOCK_ALIGN);
    }
    cst_lock_acquire(&lock);
    whole->in_use = false;
    cst_lock_release(&lock);
}

void cst_cache_after_fork(const struct cst_cache *mine)
{
    cst_lock_reset(&lock);
    for (struct whole *whole = first; whole; whole = whole->next) {
        if (&whole->cache == mine)
            continue;
        for (struct cst_cache_class *class = whole->classes; class < whole->classes + CLASSES; class ++)
            class->top = class->bottom;
        whole->in_use = false;
    }
}
