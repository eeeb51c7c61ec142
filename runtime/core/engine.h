/* The engine: the order of steps of an allocation and of a release, and no state of its own. Fast paths here, everything
 * else in engine.c.
 *
 *   alloc:   attribution (never fails) -> heap (the only step that may fail the caller) -> tag -> count
 *   release: attribution -> take the tag, before the address can be used again -> rules -> heap
 *
 * The calling thread must be CST_THREAD_READY; bounds and counters are then set up. */
#ifndef CST_CORE_ENGINE_H
#define CST_CORE_ENGINE_H

#include "core/cache.h"
#include "core/count.h"
#include "core/heap.h"
#include "core/origin.h"
#include "core/side.h"
#include "core/tag.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** What a release names besides the pointer. */
struct cst_given {
    bool has_size, has_align;
    bool resizes;       /**< the block is to be resized, and may live on: for what is not ours (foreign.h, wrapped.h) */
    size_t size, align; /**< bytes */
};

/** Settings that the engine and what it calls look at; set at start, then only read. */
struct cst_engine_settings {
    bool strict;                         /**< cross-side-free is an error */
    bool abort_on_error;                 /**< end the program after the first error */
    bool has_namespaces;                 /**< link namespaces were made beside the program's */
    bool has_other_malloc;               /**< but for us the program's malloc would be another than libc's */
    enum custody_contract malloc_family; /**< the contract of the family that it belongs to; UNKNOWN for none */
    unsigned stacks;                     /**< frames to record */
    void (*notice)(const char *text); /**< tells the person who runs this something that is no finding; may be NULL */
};
extern struct cst_engine_settings cst_engine_settings;

/** An allocation in every case; as cst_engine_alloc. */
CST_MUST_USE void *cst_engine_alloc_slow(const struct cst_call *call, size_t size, size_t align, bool zero);

/** A release in every case: judges it, tells what is wrong, and does what is right. */
void cst_engine_release_slow(const struct cst_call *call, uintptr_t address, const struct cst_given *given);

/** Who makes a call, and where, as cst_origin_quick said it, and the log2 of the alignment that is named. */
CST_INLINE uint64_t cst_engine_known(uint16_t owner, uint32_t site, unsigned align_log2)
{
    return owner | (uint64_t)align_log2 << 16 | (uint64_t)site << 32;
}

/** What an allocation answers when memory is out, or the request is too large: NULL, with errno ENOMEM. Says so when it is
 * the reserved range that was used up. */
CST_COLD void *cst_engine_no_memory(void);

/** Bytes to ask of the heap; 0 when a tag cannot hold them. An aligned block of no bytes takes `align` bytes: that is the
 * size class that jemalloc serves it from, on which its tag's place depends. */
CST_INLINE size_t cst_engine_round(size_t size, size_t align)
{
    if (CST_LIKELY(align <= CST_BLOCK_ALIGN))
        return cst_heap_round(size);
    if (align > CST_TAG_SIZE_MAX || size > CST_TAG_SIZE_MAX - align)
        return 0;
    return size == 0 ? align : (size + align - 1) & ~(align - 1);
}

/** How a call came, for what the quick ways leave to others, in one word: a door, a side known beforehand or
 * CST_SIDE_UNKNOWN, and some of these. */
#define CST_WAY_ZERO (UINT64_C(1) << 32)
#define CST_WAY_SIZE (UINT64_C(2) << 32)
#define CST_WAY_ALIGN (UINT64_C(4) << 32)

CST_INLINE uint64_t cst_way_of_alloc(enum custody_door door, uint16_t side, bool zero)
{
    return (uint64_t)door | (uint64_t)side << 16 | (zero ? CST_WAY_ZERO : 0);
}

CST_INLINE uint64_t cst_way_of_release(enum custody_door door, uint16_t side, const struct cst_given *given)
{
    return (uint64_t)door | (uint64_t)side << 16 | (given->has_size ? CST_WAY_SIZE : 0) |
           (given->has_align ? CST_WAY_ALIGN : 0);
}

/** Parts of the quick ways that are out of line, each in the place of its caller's last step, so that the caller need not
 * keep anything meanwhile: allocation and release with stacks of several frames; an allocation that finds nothing in the
 * thread's cache; a release that finds no room there; the last steps of an allocation and of a release with which a look is
 * due at the counters of the others, and of all releases of large blocks; and all other allocations and releases. `sites` lacks what depends on the address. */
void *cst_engine_make_deep(uint64_t facts, bool zero, uintptr_t return_address, uintptr_t frame);
void cst_engine_take_deep(struct cst_tag *tag, void *block, uintptr_t return_address, uintptr_t frame);
void *cst_engine_make_new(uint64_t facts, uint64_t sites, bool zero);
void cst_engine_put_in_heap(void *block, size_t size);
void *cst_engine_first_alloc(uint64_t facts, void *block);
void cst_engine_take_other(struct cst_tag *tag, void *block);
void *cst_engine_alloc_other(uint64_t way, size_t size, size_t align, uintptr_t return_address, uintptr_t frame);
void cst_engine_release_other(uint64_t way, void *block, size_t size, size_t align, uintptr_t return_address,
                              uintptr_t frame);

/** As cst_engine_release_other, of a block in the shared heap, when who makes the call, and where, is known (cst_engine_known). */
void cst_engine_release_by(uint64_t way, void *block, size_t size, uint64_t known, uintptr_t return_address,
                           uintptr_t frame);

/** Completes a new block of the shared heap, or of the cache: its tag and the counters. */
CST_INLINE void *cst_engine_finish(const struct cst_cache_entry *entry, uint64_t facts, uint64_t sites, size_t size)
{
    cst_tag_write(entry->tag, facts, sites | cst_tag_sites((uintptr_t)entry->block, 0, 0));
    if (CST_UNLIKELY(cst_count_in(cst_count_of(cst_facts_side(facts)), size)))
        return cst_engine_first_alloc(facts, entry->block);
    return entry->block;
}

/** Zeroes what a small block of `size` bytes may hold. */
CST_INLINE void cst_engine_clear(void *block, size_t size)
{
    memset(block, 0, cst_tag_class(size));
}

/** A block of the shared heap with these facts (cst_tag_facts), of `size` bytes, at most CST_CACHE_SIZE_MAX, and with the
 * heap's own alignment. */
CST_INLINE void *cst_engine_make(uint64_t facts, size_t size, bool zero, uint32_t stack)
{
    uint64_t sites = cst_tag_sites(0, stack, cst_thread.generation);
    struct cst_cache_entry entry;
    if (CST_UNLIKELY(!cst_cache_pop(cst_cache_class(size), &entry)))
        return cst_engine_make_new(facts, sites, zero);
    if (zero)
        cst_engine_clear(entry.block, size);
    return cst_engine_finish(&entry, facts, sites, size);
}

/** Allocates `size` bytes aligned to `align` (a power of two) for the call that entered at `door`. NULL with errno ENOMEM
 * when memory is out. */
CST_INLINE void *cst_engine_alloc(enum custody_door door, uint16_t side, uintptr_t return_address, uintptr_t frame,
                                  size_t size, size_t align, bool zero)
{
    uint16_t owner;
    uint32_t site;
    if (CST_LIKELY(size <= CST_CACHE_SIZE_MAX && align <= CST_BLOCK_ALIGN && !cst_side_any_isolated &&
                   cst_origin_quick(door, side, return_address, &owner, &site))) {
        uint64_t facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), owner);
        if (CST_UNLIKELY(cst_origin_is_deep()))
            return cst_engine_make_deep(facts, zero, return_address, frame);
        return cst_engine_make(facts, size, zero, cst_origin_shallow(site));
    }
    return cst_engine_alloc_other(cst_way_of_alloc(door, side, zero), size, align, return_address, frame);
}

/** A live block that another door made for this call (operator new of the C++ library, after the new-handler), perhaps a
 * little larger: from now on it is as if `call` had made it, with the `size` and `align` that it was asked for. */
void cst_engine_retag(const struct cst_call *call, void *block, size_t size, size_t align);

/** True when what the release names is what the tag says. */
CST_INLINE bool cst_engine_fits(const struct cst_tag *tag, const struct cst_given *given)
{
    if (given->has_size && given->size != cst_tag_size(tag))
        return false;
    return !given->has_align || given->align == cst_tag_align(tag);
}

/** Gives a released block of the shared heap back: into the thread's cache, or to the heap. */
CST_INLINE void cst_engine_put(struct cst_tag *tag, void *block, size_t size)
{
    if (size > CST_CACHE_SIZE_MAX || CST_UNLIKELY(!cst_cache_push(cst_cache_class(size), block, tag)))
        cst_engine_put_in_heap(block, size);
}

/** Counts a block of the shared heap out whose tag was released, and gives it back. */
CST_INLINE void cst_engine_take(uint16_t side, struct cst_tag *tag, void *block, size_t size)
{
    struct cst_count *count = cst_count_of(side);
    if (CST_UNLIKELY(size > CST_CACHE_SIZE_MAX || cst_count_is_due(count, size))) {
        cst_engine_take_other(tag, block);
        return;
    }
    cst_count_out(count, size);
    cst_engine_put(tag, block, size);
}

/** Log2 of the alignment that a release names, CST_BLOCK_ALIGN_LOG2 when it names none. False for what no block has that
 * the heap serves without regard to alignment. */
CST_INLINE bool cst_engine_small_align(const struct cst_given *given, unsigned *out_log2)
{
    *out_log2 = CST_BLOCK_ALIGN_LOG2;
    if (!given->has_align)
        return true;
    *out_log2 = (unsigned)__builtin_ctzl(given->align | CST_BLOCK_ALIGN);
    return given->align == (size_t)1 << *out_log2;
}

/** Releases `block` (not NULL), whatever it is: a wrong release is told and then done right. errno is as it was. The
 * common case is a live block of the shared heap that starts here, of this side and contract, with the size and alignment
 * that the release names. */
CST_INLINE void cst_engine_release(enum custody_door door, uint16_t known_side, uintptr_t return_address,
                                   uintptr_t frame, void *block, struct cst_given given)
{
    uintptr_t address = (uintptr_t)block;
    uint16_t owner;
    uint32_t site;
    unsigned align_log2;
    const uint64_t way = cst_way_of_release(door, known_side, &given);
    if (CST_UNLIKELY(!cst_origin_quick(door, known_side, return_address, &owner, &site) ||
                     !cst_heap_is_shared(address) || !cst_engine_small_align(&given, &align_log2))) {
        cst_engine_release_other(way, block, given.size, given.align, return_address, frame);
        return;
    }
    struct cst_tag *tag = cst_tag_of(address);
    uint64_t facts = cst_tag_read_facts(tag);
    size_t size = cst_tag_size_if(facts, align_log2, owner);
    if (CST_UNLIKELY(size > CST_TAG_SIZE_MAX || (given.has_size && size != given.size) ||
                     !cst_tag_is_plain_at(tag, address))) {
        uint64_t known = cst_engine_known(owner, site, align_log2);
        cst_engine_release_by(way, block, given.size, known, return_address, frame);
    } else if (CST_UNLIKELY(cst_origin_is_deep())) {
        cst_engine_take_deep(tag, block, return_address, frame);
    } else {
        cst_tag_release_plain(tag, facts, address, cst_origin_shallow(site));
        cst_engine_take(cst_owner_side(owner), tag, block, size);
    }
}

/** True when `origin` may release a live block with this tag without a question, naming what is `given`; counts the crossing
 * when it is of another side. */
CST_MUST_USE bool cst_engine_allows(const struct cst_tag *tag, const struct cst_origin *origin,
                                    const struct cst_given *given);

/** A live block of our heap is from now on `owner`'s, a side and a contract. Its alignment is not compared any more, where
 * the heap does not need it, when that is another contract: each asks for one in its own way. */
void cst_engine_hand_on(struct cst_tag *tag, uint16_t owner);

/** Releases the live block of our heap that starts at `address`, counting it out, as done from `release_stack`. What was to
 * be said of it has been said. */
void cst_engine_give_back(uintptr_t address, uint32_t release_stack);

/** A live block that was nobody's for a while is its owner's again, and counted in. */
void cst_engine_take_back(struct cst_tag *tag, uint16_t owner);

/** Resizes `block` (not NULL) to `size` bytes aligned to `align`; the maker of the new block is the caller. NULL with errno
 * ENOMEM when memory is out: the block is then as it was. */
CST_MUST_USE void *cst_engine_resize(const struct cst_call *call, void *block, size_t size, size_t align,
                                     const struct cst_given *given);

#endif
