/* The heap: a private jemalloc over an address range that is reserved for us, so that the address of a block tells
 * whose it is. The range is one shared heap; when sides are to be isolated, its upper half is cut into slots, one for
 * the arena of each isolated side. Addresses are reserved; memory is committed to them, heap and tags together, as it
 * is needed, so that neither locked memory, nor limits on data, nor core dumps ever meet the whole range. Knows ranges
 * and arenas; knows nothing of tags' contents, contracts or call sites. Everything here may be called from any thread
 * once started; allocation is jemalloc's own fast path for the shared heap. */
#ifndef CST_CORE_HEAP_H
#define CST_CORE_HEAP_H

#include "core/je.h"
#include "core/tag.h"
#include "core/thread.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the range at most. */
#define CST_HEAP_RANGE_MAX ((size_t)1 << 40)

/** Isolated heaps at most. */
#define CST_HEAP_SLOTS 8

/** Bytes of the shared part of the range; addresses at or above base + this belong to isolated heaps. */
extern size_t cst_heap_shared_size;

/** Bytes at the front of the shared part that have memory, and tags, behind them. Only grows. */
extern CST_HIDDEN _Atomic size_t cst_heap_shared_committed;

/** Reserves the range and its shadow, as large as the address space allows, and sets jemalloc up in it. False when not
 * even the smallest reservation is possible: then nothing is audited and allocation must go elsewhere. `isolating` keeps
 * room for isolated heaps. Once, at start. */
CST_MUST_USE bool cst_heap_start(bool isolating);

/** Makes the heap usable for the calling thread, and gives it a cache, unless there is too little memory for one. Once per
 * thread. False when memory is out. */
CST_MUST_USE bool cst_heap_enter_thread(bool *out_has_cache);

/** True when the heap can be used by the calling thread, which may not have entered it. False when memory is out. */
CST_MUST_USE bool cst_heap_may_be_used(void);

/** Makes the heap of an isolated side. Its arena's number, or 0 when none is left. */
CST_MUST_USE unsigned cst_heap_isolate(void);

/** From now on the heap is at work for the calling thread, until the end, which gets the thread's mode of before: a handler
 * of a signal that comes meanwhile is not served from it (held.h). */
CST_INLINE uint8_t cst_heap_begin(void);
CST_INLINE void cst_heap_end(uint8_t mode);

/** `rounded` bytes (at least CST_BLOCK_MIN) aligned to `align` (a power of two) from `arena` (0: the shared heap); zeroed on
 * request. NULL when memory is out; errno is not set. */
CST_INLINE void *cst_heap_alloc(unsigned arena, size_t rounded, size_t align, bool zero);

/** Makes a block one of `rounded` bytes where it is, keeping `align`. False, with the block still in use as it was, when it
 * must move for that. `rounded` as for alloc. */
CST_INLINE CST_MUST_USE bool cst_heap_resize(void *block, size_t rounded, size_t align);

/** Releases a block made with `rounded` bytes and `align`. */
CST_INLINE void cst_heap_release(void *block, size_t rounded, size_t align);

/** Bytes usable in a block. */
CST_INLINE size_t cst_heap_usable(void *block)
{
    return cst_je_malloc_usable_size(block);
}

/** Size that the heap is asked for when the program asks for `size`. */
CST_INLINE size_t cst_heap_round(size_t size)
{
    return size < CST_BLOCK_MIN ? CST_BLOCK_MIN : size;
}

/** True when `address` lies in the shared heap, where it has memory: then its tag may be looked at. */
CST_INLINE bool cst_heap_is_shared(uintptr_t address)
{
    return address - cst_shadow.base < atomic_load_explicit(&cst_heap_shared_committed, memory_order_relaxed);
}

/** As cst_heap_is_shared, for the shared heap and the isolated ones. */
bool cst_heap_has(uintptr_t address);

/** Why the heap was refused memory, in words for the person running this: once in the life of the process. NULL otherwise. */
CST_MUST_USE const char *cst_heap_take_trouble(void);

/** Calls `visit` with each part [from, to) of the range that has been used so far. */
void cst_heap_each_part(void (*visit)(uintptr_t from, uintptr_t to, void *data), void *data);

/** What cst_tag_find knows of any address at all: nothing when it lies outside the parts of the range used so far, whose
 * tags are not looked at. */
struct cst_tag_hit cst_heap_find(uintptr_t address);

/** Where the heap keeps what is its own about the thread with the control block `thread_pointer`, [*out_lo, *out_hi): in
 * the thread's static thread-local storage, among that of the program. Empty when it lies elsewhere. */
void cst_heap_thread_state(uintptr_t thread_pointer, uintptr_t *out_lo, uintptr_t *out_hi);

/** After fork, in the child: frees the lock that another thread of the parent may have held. */
void cst_heap_after_fork(void);

/* --- inline parts --- */

CST_INLINE int cst_heap_flags(unsigned arena, size_t align, bool zero)
{
    int flags = align > CST_BLOCK_ALIGN ? MALLOCX_LG_ALIGN(__builtin_ctzl(align)) : 0;
    if (zero)
        flags |= MALLOCX_ZERO;
    if (arena)
        flags |= MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE;
    return flags;
}

CST_INLINE uint8_t cst_heap_begin(void)
{
    uint8_t mode = cst_thread.mode;
    if (cst_thread_is_inside(mode))
        cst_thread.mode = CST_THREAD_HEAP;
    else
        cst_thread_go_in(CST_THREAD_HEAP);
    atomic_signal_fence(memory_order_seq_cst);
    return mode;
}

CST_INLINE void cst_heap_end(uint8_t mode)
{
    atomic_signal_fence(memory_order_seq_cst);
    if (cst_thread_is_inside(mode))
        cst_thread.mode = mode;
    else
        cst_thread_go_out(mode);
}

CST_INLINE void *cst_heap_alloc(unsigned arena, size_t rounded, size_t align, bool zero)
{
    int flags = cst_heap_flags(arena, align, zero);
    void *block;
    uint8_t mode = cst_heap_begin();
    if (CST_LIKELY(flags == 0))
        block = cst_je_malloc(rounded);
    else
        block = flags == MALLOCX_ZERO ? cst_je_calloc(1, rounded) : cst_je_mallocx(rounded, flags);
    cst_heap_end(mode);
    return block;
}

/** Releases a block of the shared heap that was made with `rounded` bytes and no more than the heap's own alignment, for a
 * thread that is between begin and end. Told the size, jemalloc need not look it up; but the fast way of its sized release leaves out blocks at the start of a page,
 * which its profiler may have sampled, and they are often the first to be used again. Its plain release has no such gap. */
CST_INLINE void cst_heap_release_plain(void *block, size_t rounded)
{
    if (CST_UNLIKELY(((uintptr_t)block & (CST_PAGE_SIZE - 1)) == 0))
        cst_je_free(block);
    else
        cst_je_sdallocx(block, rounded, 0);
}

CST_INLINE void cst_heap_release(void *block, size_t rounded, size_t align)
{
    int flags = align > CST_BLOCK_ALIGN ? MALLOCX_LG_ALIGN(__builtin_ctzl(align)) : 0;
    if (CST_UNLIKELY(!cst_heap_is_shared((uintptr_t)block)))
        flags |= MALLOCX_TCACHE_NONE;
    uint8_t mode = cst_heap_begin();
    if (flags == 0)
        cst_heap_release_plain(block, rounded);
    else
        cst_je_sdallocx(block, rounded, flags);
    cst_heap_end(mode);
}

/** The arena of an isolated heap's block, so that a resize stays in it; 0 for the shared heap. */
unsigned cst_heap_arena_of(uintptr_t address);

CST_INLINE bool cst_heap_resize(void *block, size_t rounded, size_t align)
{
    int flags = cst_heap_flags(cst_heap_arena_of((uintptr_t)block), align, false);
    uint8_t mode = cst_heap_begin();
    size_t usable = cst_je_xallocx(block, rounded, 0, flags);
    cst_heap_end(mode);
    return usable == cst_je_nallocx(rounded, flags);
}

#endif
