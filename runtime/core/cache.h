/* Caches: small blocks of the shared heap that a thread has released, for its next allocations of the same size class, each
 * with the place of its tag. What lies in one is to everybody a released block. When a class is empty blocks come from the
 * heap, and when it is full they go there, one at a time: where a program only grows or only shrinks, a cache in front of
 * the heap's own has nothing to give, and should cost nothing.
 *
 * A signal's handler may interrupt its thread at any place. Meanwhile the mode says CST_THREAD_BUSY, and what the handler
 * allocates and releases goes the longer way, which has no cache. */
#ifndef CST_CORE_CACHE_H
#define CST_CORE_CACHE_H

#include "core/tag.h"
#include "core/thread.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** Size of the largest blocks that are cached. */
#define CST_CACHE_SIZE_MAX ((size_t)1024)

struct cst_cache_entry {
    void *block;
    struct cst_tag *tag;
};

/** What a cache has of one size class: a stack of entries. */
struct cst_cache_class {
    struct cst_cache_entry *top;          /**< behind the last entry */
    struct cst_cache_entry *bottom, *end; /**< of the room for entries: none in a cache that holds nothing ever */
    size_t size;                          /**< of its blocks */
};

struct cst_cache {
    struct cst_cache_class
        *of_size[CST_CACHE_SIZE_MAX / CST_BLOCK_ALIGN + 1]; /**< by size in units of 16, rounded up */
};

/** A cache for the calling thread, which has entered the heap. Never NULL: with `without`, or when memory is out, one that
 * holds nothing ever. */
struct cst_cache *cst_cache_acquire(bool without);

/** Gives the calling thread's cache back, and what is in it to the heap. */
void cst_cache_give_back(struct cst_cache *cache);

/** After fork, in the child, which keeps `mine`: frees the lock that another thread of the parent may have held. What is in
 * the caches of those threads is lost, as what is in the heap's own caches of them. */
void cst_cache_after_fork(const struct cst_cache *mine);

/** The class of the calling thread's blocks of `size` bytes, at most CST_CACHE_SIZE_MAX. */
CST_INLINE struct cst_cache_class *cst_cache_class(size_t size)
{
    return cst_thread.cache->of_size[(size + CST_BLOCK_ALIGN - 1) / CST_BLOCK_ALIGN];
}

/** In between, handlers of signals leave the thread's cache alone. The thread must be CST_THREAD_READY. */
CST_INLINE void cst_cache_enter(void)
{
    cst_thread.mode = CST_THREAD_BUSY;
    atomic_signal_fence(memory_order_seq_cst);
}

CST_INLINE void cst_cache_leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    cst_thread.mode = CST_THREAD_READY;
}

/** Takes the last entry out. False when there is none. */
CST_INLINE CST_MUST_USE bool cst_cache_pop(struct cst_cache_class *class, struct cst_cache_entry *out_entry)
{
    cst_cache_enter();
    struct cst_cache_entry *top = class->top;
    bool has_one = top != class->bottom;
    if (CST_LIKELY(has_one)) {
        *out_entry = *--top;
        class->top = top;
    }
    cst_cache_leave();
    return has_one;
}

/** Puts a released block in. False when there is no room. */
CST_INLINE CST_MUST_USE bool cst_cache_push(struct cst_cache_class *class, void *block, struct cst_tag *tag)
{
    cst_cache_enter();
    struct cst_cache_entry *top = class->top;
    bool has_room = top != class->end;
    if (CST_LIKELY(has_room)) {
        *top = (struct cst_cache_entry){block, tag};
        class->top = top + 1;
    }
    cst_cache_leave();
    return has_room;
}

#endif
