/* The engine: the order of steps of an allocation and of a release, and no state of its own. Fast paths here, everything
 * else in engine.c.
 *
 *   alloc:   attribution (never fails) -> heap (the only step that may fail the caller) -> tag -> count
 *   release: attribution -> take the tag, before the address can be used again -> rules -> heap
 *
 * The calling thread must be CST_THREAD_READY; bounds and counters are then set up. */
#ifndef CST_CORE_ENGINE_H
#define CST_CORE_ENGINE_H

#include "core/count.h"
#include "core/heap.h"
#include "core/origin.h"
#include "core/side.h"
#include "core/tag.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a release names besides the pointer. */
struct cst_given {
    bool has_size, has_align;
    size_t size, align; /**< bytes */
};

/** Settings that the engine and what it calls look at; set at start, then only read. */
struct cst_engine_settings {
    bool strict;          /**< cross-side-free is an error */
    bool abort_on_error;  /**< end the program after the first error */
    unsigned stacks;      /**< frames to record */
};
extern struct cst_engine_settings cst_engine_settings;

/** A release that is not the common case: judges it, tells, and does what is right. */
void cst_engine_release_slow(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                             const struct cst_given *given);

/** A resize that is not the common case. The new block, or NULL with errno ENOMEM. */
CST_MUST_USE void *cst_engine_resize_slow(const struct cst_call *call, const struct cst_origin *origin, void *block,
                                          size_t size, size_t align, const struct cst_given *given);

/** The heap is out of memory: says so once when it is the reserved range that is used up; sets errno. */
CST_COLD void *cst_engine_no_memory(void);

/** Bytes to ask of the heap; 0 when the sum overflows. */
CST_INLINE size_t cst_engine_round(size_t size, size_t align)
{
    if (CST_LIKELY(align <= CST_BLOCK_ALIGN))
        return cst_heap_round(size);
    return size > CST_TAG_SIZE_MAX - align ? 0 : cst_heap_round((size + align - 1) & ~(align - 1));
}

CST_INLINE void cst_engine_tag(uintptr_t address, size_t rounded, size_t size, size_t align, const struct cst_origin *origin)
{
    struct cst_tag *tag = cst_tag_claim(address, rounded);
    unsigned align_log2 = origin->layout_known ? (unsigned)__builtin_ctzl(align) : CST_ALIGN_UNKNOWN;
    tag->facts = cst_tag_facts(size, align_log2, (enum custody_contract)origin->contract, origin->side);
    tag->sites = cst_tag_sites(address, origin->stack, cst_thread.generation);
    cst_count_alloc(origin->side, size);
}

/** Allocates `size` bytes aligned to `align` (a power of two). NULL with errno ENOMEM when memory is out. */
CST_INLINE void *cst_engine_alloc(const struct cst_call *call, size_t size, size_t align, bool zero)
{
    struct cst_origin origin = cst_origin_of(call);
    size_t rounded = cst_engine_round(size, align);
    if (CST_UNLIKELY(rounded - 1 >= CST_TAG_SIZE_MAX))
        return cst_engine_no_memory();
    unsigned arena = CST_UNLIKELY(cst_side_any_isolated) ? cst_side_get(origin.side)->arena : 0;
    void *block = cst_heap_alloc(arena, rounded, align, zero);
    if (CST_UNLIKELY(!block))
        return cst_engine_no_memory();
    cst_engine_tag((uintptr_t)block, rounded, size, align, &origin);
    return block;
}

/** A live block that another door made for this call (operator new of the C++ library, after the new-handler): from now
 * on it is as if `call` had made it. */
void cst_engine_retag(const struct cst_call *call, void *block, size_t align);

/** True when what the release names is what the tag says. */
CST_INLINE bool cst_engine_fits(const struct cst_tag *tag, const struct cst_given *given)
{
    if (given->has_size && given->size != cst_tag_size(tag))
        return false;
    return !given->has_align || given->align == cst_tag_align(tag);
}

CST_INLINE bool cst_engine_is_plain(const struct cst_tag *tag, const struct cst_origin *origin, uintptr_t address,
                                    const struct cst_given *given)
{
    return cst_tag_is_live_of(tag, origin->side, (enum custody_contract)origin->contract) &&
           cst_tag_starts_at(tag, address) && cst_engine_fits(tag, given);
}

/** Releases `block` (not NULL), whatever it is: a wrong release is told and then done right. errno is as it was. */
CST_INLINE void cst_engine_release(const struct cst_call *call, void *block, struct cst_given given)
{
    uintptr_t address = (uintptr_t)block;
    struct cst_origin origin = cst_origin_of(call);
    if (CST_LIKELY(cst_tag_covers(address))) {
        struct cst_tag *tag = cst_tag_of(address);
        if (CST_LIKELY(cst_engine_is_plain(tag, &origin, address, &given) && origin.side != CST_SIDE_UNKNOWN)) {
            size_t size = cst_tag_size(tag), align = cst_tag_align(tag);
            cst_tag_release(tag, origin.stack);
            cst_count_free(origin.side, size);
            cst_heap_release(block, cst_engine_round(size, align), align);
            return;
        }
    }
    cst_engine_release_slow(call, &origin, address, &given);
}

/** Resizes `block` (not NULL) to `size` bytes aligned to `align`; the maker of the new block is the caller. NULL with errno
 * ENOMEM when memory is out: the block is then as it was. */
CST_MUST_USE void *cst_engine_resize(const struct cst_call *call, void *block, size_t size, size_t align,
                                     struct cst_given given);

#endif
