/* Caches: see cache.h. They are kept in one list for ever, and handed from ended threads to new ones. */
#include "core/cache.h"

#include "base/lock.h"
#include "base/pool.h"
#include "core/heap.h"

#include <string.h>

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
            class++;
        if (class->size == 0) {
            size_t room = entries_of(size);
            *class = (struct cst_cache_class){entries, entries, entries + room, (uint16_t)size, 0};
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

static void release(const struct cst_cache_entry *entries, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        cst_heap_release_plain(entries[i].block, size);
}

void cst_cache_give_back(struct cst_cache *cache)
{
    if (cache == &no_cache)
        return;
    struct whole *whole = (struct whole *)cache;
    for (struct cst_cache_class *class = whole->classes; class < whole->classes + CLASSES; class ++) {
        release(class->bottom, (size_t)(class->top - class->bottom), class->size);
        class->top = class->bottom;
        class->batch = 0;
    }
    cst_lock_acquire(&lock);
    whole->in_use = false;
    cst_lock_release(&lock);
}

static struct cst_cache_entry entry_of(void *block, size_t size)
{
    return (struct cst_cache_entry){block, cst_tag_claim((uintptr_t)block, size)};
}

/* Few at first, so that a small process takes no more memory than it needs. The order is the heap's: the first made is the
 * first to be taken out. */
static void get_more(struct cst_cache_class *class)
{
    struct cst_cache_entry more[ENTRIES_MAX / 2];
    size_t count = 0, wanted = class->batch, size = class->size;
    for (void *block; count < wanted && (block = cst_je_malloc(size)); count++)
        more[count] = entry_of(block, size);
    while (count > 0 && cst_cache_push(class, more[count - 1].block, more[count - 1].tag))
        count--;
    release(more, count, size); /* a handler of a signal has filled the class meanwhile */
    size_t half = (size_t)(class->end - class->bottom) / 2;
    class->batch = (uint16_t)(2 * wanted < half ? 2 * wanted + 1 : half);
}

bool cst_cache_refill(struct cst_cache_class *class, size_t size, struct cst_cache_entry *out_entry)
{
    void *block = cst_je_malloc(cst_heap_round(size));
    if (!block)
        return false;
    *out_entry = entry_of(block, cst_heap_round(size));
    if (class->end != class->bottom)
        get_more(class);
    return true;
}

/* The half that was put in first: it is the least likely to be in the processor's caches still. */
static size_t take_older_half(struct cst_cache_class *class, struct cst_cache_entry *half)
{
    cst_cache_enter();
    size_t count = (size_t)(class->top - class->bottom), old = count / 2;
    memcpy(half, class->bottom, old * sizeof *half);
    memmove(class->bottom, class->bottom + old, (count - old) * sizeof *half);
    class->top -= old;
    cst_cache_leave();
    return old;
}

void cst_cache_overflow(struct cst_cache_class *class, void *block, struct cst_tag *tag, size_t size)
{
    struct cst_cache_entry half[ENTRIES_MAX / 2];
    if (class->end != class->bottom)
        release(half, take_older_half(class, half), class->size);
    if (!cst_cache_push(class, block, tag))
        cst_heap_release_plain(block, cst_heap_round(size));
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
