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

/** Who makes a call, and where, as cst_origin_quick said it; 0 when it did not. */
CST_INLINE uint64_t cst_engine_known(uint16_t owner, uint32_t site)
{
    return owner | (uint64_t)site << 32;
}

/** The same; with `known`, the address lies in the shared heap. */
void cst_engine_release_other(const struct cst_call *call, uintptr_t address, const struct cst_given *given,
                              uint64_t known);

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

/** Writes the tag of a new block in a page of this density: `facts` whole, of `sites` what does not depend on the address. */
CST_INLINE void cst_engine_write(uintptr_t address, uint8_t density, uint64_t facts, uint64_t sites)
{
    cst_tag_write(cst_tag_slot(address, density), facts, sites | cst_tag_sites(address, 0, 0));
}

/** Parts of the quick ways that are out of line, each in the place of its caller's last step, so that the caller need not
 * keep anything meanwhile: allocation and release with stacks of several frames; what comes after the heap when the new block
 * is the first of its density in its page; and the last steps of an allocation and of a release after which a thread's
 * counters have to be settled with those of the others. `size` and `rounded` as in cst_engine_make. */
void *cst_engine_make_deep(uint64_t facts, size_t rounded, bool zero, uintptr_t return_address, uintptr_t frame);
void cst_engine_take_deep(struct cst_tag *tag, void *block, uintptr_t return_address, uintptr_t frame);
void *cst_engine_enter_page(uint64_t facts, uint64_t sites, void *block, uint8_t density);
void *cst_engine_settle_alloc(uint64_t facts, void *block);
void cst_engine_settle_release(uint16_t side, void *block, size_t size);

/** A block of the shared heap with these facts (cst_tag_facts), of `rounded` bytes (cst_engine_round). */
CST_INLINE void *cst_engine_make(uint64_t facts, size_t rounded, size_t align, bool zero, uint32_t stack)
{
    uint64_t sites = cst_tag_sites(0, stack, cst_thread.generation);
    CST_OPAQUE(facts);
    CST_OPAQUE(sites);
    cst_thread_go_in(CST_THREAD_HEAP);
    void *block = cst_heap_ask(0, rounded, align, zero);
    cst_thread_go_out(CST_THREAD_READY);
    if (CST_UNLIKELY(!block))
        return cst_engine_no_memory();
    size_t size = cst_facts_size(facts);
    uint8_t density = cst_tag_density(align <= CST_BLOCK_ALIGN ? size : rounded);
    if (CST_UNLIKELY(!cst_tag_page_has((uintptr_t)block, density)))
        return cst_engine_enter_page(facts, sites, block, density);
    cst_engine_write((uintptr_t)block, density, facts, sites);
    if (CST_UNLIKELY(cst_count_in(cst_facts_side(facts), size)))
        return cst_engine_settle_alloc(facts, block);
    return block;
}

/** Allocates `size` bytes aligned to `align` (a power of two) for the call that entered at `door`. NULL with errno ENOMEM
 * when memory is out. */
CST_INLINE void *cst_engine_alloc(enum custody_door door, uint16_t side, uintptr_t return_address, uintptr_t frame,
                                  size_t size, size_t align, bool zero)
{
    uint16_t owner;
    uint32_t site;
    size_t rounded = cst_engine_round(size, align);
    if (CST_LIKELY(rounded - 1 < CST_TAG_SIZE_MAX && !cst_side_any_isolated &&
                   cst_origin_quick(door, side, return_address, &owner, &site))) {
        uint64_t facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), owner);
        if (CST_UNLIKELY(cst_origin_is_deep()))
            return cst_engine_make_deep(facts, rounded, zero, return_address, frame);
        return cst_engine_make(facts, rounded, align, zero, cst_origin_shallow(site));
    }
    const struct cst_call call = {.door = door, .side = side, .return_address = return_address, .frame = frame};
    return cst_engine_alloc_slow(&call, size, align, zero);
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

/** Counts a block of the shared heap out whose tag was released, and gives it back. */
CST_INLINE void cst_engine_take(uint16_t side, void *block, size_t size)
{
    if (CST_UNLIKELY(cst_count_out(side, size))) {
        cst_engine_settle_release(side, block, size);
        return;
    }
    cst_thread_go_in(CST_THREAD_HEAP);
    cst_heap_release_plain(block, cst_heap_round(size));
    cst_thread_go_out(CST_THREAD_READY);
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
    uint64_t known = 0;
    if (CST_LIKELY(cst_origin_quick(door, known_side, return_address, &owner, &site) && cst_heap_is_shared(address) &&
                   cst_engine_small_align(&given, &align_log2))) {
        struct cst_tag *tag = cst_tag_of(address);
        uint64_t facts = cst_tag_read_facts(tag), sites = cst_tag_read_sites(tag);
        size_t size = cst_tag_size_if(facts, align_log2, owner);
        if (CST_LIKELY(size <= CST_TAG_SIZE_MAX && (!given.has_size || size == given.size) &&
                       cst_sites_start_at(sites, address))) {
            if (CST_UNLIKELY(cst_origin_is_deep())) {
                cst_engine_take_deep(tag, block, return_address, frame);
                return;
            }
            cst_tag_release_known(tag, facts, sites, cst_origin_shallow(site));
            cst_engine_take(cst_owner_side(owner), block, size);
            return;
        }
        known = cst_engine_known(owner, site);
    }
    const struct cst_call call = {.door = door, .side = known_side, .return_address = return_address, .frame = frame};
    const struct cst_given named = given;
    cst_engine_release_other(&call, address, &named, known);
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
