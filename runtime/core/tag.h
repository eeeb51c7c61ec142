/* Tags: what is known of each block of our heap, kept beside the heap in a shadow of it, never in front of a block. An
 * overflow cannot destroy a tag, and a pointer that is not ours is recognised by its range without being touched. This
 * is the only file that knows the bits.
 *
 * Two words a block:
 *   facts   size 0-39 | align (log2) 40-45 | owner (contract 46-51, side 52-61) | state 62-63
 *   sites   allocation stack 0-23 | fork generation 24-31 | release stack 32-55 | start 56-63
 * `start` is (address >> 4) & 0xff: it tells the start of a block from other addresses that share its slot. The upper half
 * of `sites` changes at a release; until then its release stack is 0, so that one comparison tells the start;
 * but a search for leaks puts marks there (0-21 of the field), a block that was told as lost before has the last bit but one,
 * and a block that is watched (watch.h) the last.
 *
 * The slot of an address: every page of the heap has a density, the log2 of its slots, set when a block is made there.
 * All blocks of a page belong to one size class (jemalloc's slabs), so slots as wide as the largest power of two not
 * above the class hold at most one block start each. Each density has a shadow region of its own, indexed by address,
 * so that the slots of pages of large blocks lie together: a page of 16-byte blocks costs a page of tags, one of
 * 256-byte blocks a sixteenth of one, and a page that no block begins in has one empty slot. No lock: a block belongs to
 * one thread at a time unless the program races on it. But others may look at its words meanwhile, which are therefore
 * read and written whole, in no order (relaxed atomics). */
#ifndef CST_CORE_TAG_H
#define CST_CORE_TAG_H

#include "core/owner.h"
#include "custody/words.h"
#include "plat/compiler.h"
#include "plat/sys.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_TAG_DENSITIES 9
#define CST_BLOCK_ALIGN_LOG2 4U
#define CST_BLOCK_ALIGN ((size_t)16)
#define CST_BLOCK_MIN ((size_t)16)
#define CST_SIDE_MAX 1024
#define CST_TAG_SIZE_MAX (((size_t)1 << 40) - 1)
/** In place of the log2 of an alignment: what the maker asked for is not known; the heap gave CST_BLOCK_ALIGN. */
#define CST_ALIGN_UNKNOWN 63U

enum cst_tag_state {
    CST_STATE_NONE,     /**< no block has begun here */
    CST_STATE_LIVE,     /**< a block begins here */
    CST_STATE_RELEASED, /**< a block began here and was released; nothing has been made here since */
};

struct cst_tag {
    uint64_t facts;
    uint64_t sites;
};

/** The geometry of heap and shadow; set once by cst_heap_start, read everywhere. */
struct cst_shadow {
    uintptr_t base;   /**< first address of the heap's range */
    size_t size;      /**< bytes of the range; 0 before start: no address is ours */
    uintptr_t end;    /**< of the range and the shadow behind it */
    uint8_t *density; /**< one byte a page */
    struct cst_tag *slots[CST_TAG_DENSITIES];
};
extern struct cst_shadow cst_shadow;

/** Densities of requests up to 4096 bytes, by (size + 15) / 16. */
extern uint8_t cst_tag_density_table[257];

/** jemalloc's size class for `size` bytes: multiples of 16 up to 128, then four to each doubling (jemalloc(3), "size
 * classes"). */
CST_INLINE size_t cst_tag_class(size_t size)
{
    if (size <= 16)
        return 16;
    unsigned log2 = 63U - (unsigned)__builtin_clzl(size - 1);
    size_t spacing = log2 <= 6 ? 16 : (size_t)1 << (log2 - 2);
    return (size + spacing - 1) & ~(spacing - 1);
}

/** Fills the density table; called once by cst_heap_start. */
void cst_tag_start(void);

/** True when `address` lies in the heap's range. */
CST_INLINE bool cst_tag_covers(uintptr_t address)
{
    return address - cst_shadow.base < cst_shadow.size;
}

/** The density of the page of `address`, which must be covered. */
CST_INLINE uint8_t cst_tag_page_density(uintptr_t address)
{
    return __atomic_load_n(&cst_shadow.density[(address - cst_shadow.base) >> CST_PAGE_SHIFT], __ATOMIC_RELAXED);
}

/** Density of the pages that serve requests of `size` bytes (already rounded up to a multiple of its alignment). */
CST_INLINE uint8_t cst_tag_density(size_t size)
{
    return CST_LIKELY(size <= 4096) ? cst_tag_density_table[(size + 15) >> 4] : 0;
}

/** The slot of `address` when its page has this density. The address must be covered. */
CST_INLINE struct cst_tag *cst_tag_slot(uintptr_t address, uint8_t density)
{
    return &cst_shadow.slots[density][(address - cst_shadow.base) << density >> CST_PAGE_SHIFT];
}

/** The slot of a covered address, by its page's density. */
CST_INLINE struct cst_tag *cst_tag_of(uintptr_t address)
{
    return cst_tag_slot(address, cst_tag_page_density(address));
}

/** Sets the density of the page of a new block, which was another. */
CST_NOINLINE void cst_tag_enter_page(uintptr_t address, uint8_t density);

/** True when the page of `address`, which must be covered, has this density. */
CST_INLINE bool cst_tag_page_has(uintptr_t address, uint8_t density)
{
    return cst_shadow.density[(address - cst_shadow.base) >> CST_PAGE_SHIFT] == density;
}

/** The slot for a new block at `address`; sets the density of its page. `rounded` as for cst_tag_density. */
CST_INLINE struct cst_tag *cst_tag_claim(uintptr_t address, size_t rounded)
{
    uint8_t density = cst_tag_density(rounded);
    if (CST_UNLIKELY(!cst_tag_page_has(address, density)))
        cst_tag_enter_page(address, density);
    return cst_tag_slot(address, density);
}

/** The first word of a live block's tag; `owner` from cst_owner_make. */
CST_INLINE uint64_t cst_tag_facts(size_t size, unsigned align_log2, uint16_t owner)
{
    return (uint64_t)size | (uint64_t)align_log2 << 40 | (uint64_t)owner << 46 | (uint64_t)CST_STATE_LIVE << 62;
}

CST_INLINE uint64_t cst_tag_sites(uintptr_t address, uint32_t alloc_stack, uint8_t generation)
{
    return (uint64_t)alloc_stack | (uint64_t)generation << 24 | (uint64_t)((address >> 4) & 0xff) << 56;
}

/** The words of a tag, as they are now. */
CST_INLINE uint64_t cst_tag_read_facts(const struct cst_tag *tag)
{
    return __atomic_load_n(&tag->facts, __ATOMIC_RELAXED);
}

CST_INLINE uint64_t cst_tag_read_sites(const struct cst_tag *tag)
{
    return __atomic_load_n(&tag->sites, __ATOMIC_RELAXED);
}

CST_INLINE struct cst_tag cst_tag_read(const struct cst_tag *tag)
{
    return (struct cst_tag){.facts = cst_tag_read_facts(tag), .sites = cst_tag_read_sites(tag)};
}

/** Each word by itself. */
CST_INLINE void cst_tag_put_facts(struct cst_tag *tag, uint64_t facts)
{
    __atomic_store_n(&tag->facts, facts, __ATOMIC_RELAXED);
}

CST_INLINE void cst_tag_put_sites(struct cst_tag *tag, uint64_t sites)
{
    __atomic_store_n(&tag->sites, sites, __ATOMIC_RELAXED);
}

typedef uint32_t __attribute__((may_alias)) cst_tag_half;

/** The upper half of the second word. */
CST_INLINE uint32_t cst_tag_read_upper(const struct cst_tag *tag)
{
    return __atomic_load_n((const cst_tag_half *)&tag->sites + 1, __ATOMIC_RELAXED);
}

/** Writes the upper half of the second word alone: where a thread could not be halted, the block may be made anew meanwhile. */
CST_INLINE void cst_tag_set_upper(struct cst_tag *tag, uint32_t upper)
{
    __atomic_store_n((cst_tag_half *)&tag->sites + 1, upper, __ATOMIC_RELAXED);
}

/** Makes the tag that of a live block. The word that says so comes last: the thread may be halted in between, for somebody
 * to look at all tags. */
CST_INLINE void cst_tag_write(struct cst_tag *tag, uint64_t facts, uint64_t sites)
{
    cst_tag_put_sites(tag, sites);
    atomic_signal_fence(memory_order_release);
    cst_tag_put_facts(tag, facts);
}

/** Fields of a first word that is not in a tag yet. */
CST_INLINE size_t cst_facts_size(uint64_t facts)
{
    return facts & CST_TAG_SIZE_MAX;
}

CST_INLINE unsigned cst_facts_align_log2(uint64_t facts)
{
    return (unsigned)(facts >> 40) & 0x3f;
}

CST_INLINE uint16_t cst_facts_owner(uint64_t facts)
{
    return (uint16_t)(facts >> 46);
}

CST_INLINE uint16_t cst_facts_side(uint64_t facts)
{
    return cst_owner_side(cst_facts_owner(facts));
}

/** The same facts, but of another owner's block. */
CST_INLINE uint64_t cst_facts_with_owner(uint64_t facts, uint16_t owner)
{
    return (facts & ~((uint64_t)UINT16_MAX << 46)) | (uint64_t)owner << 46;
}

/** The same facts, with another log2 of the alignment. */
CST_INLINE uint64_t cst_facts_with_align(uint64_t facts, unsigned align_log2)
{
    return (facts & ~((uint64_t)0x3f << 40)) | (uint64_t)align_log2 << 40;
}

CST_INLINE enum cst_tag_state cst_tag_state(const struct cst_tag *tag)
{
    return (enum cst_tag_state)(cst_tag_read_facts(tag) >> 62);
}

CST_INLINE size_t cst_tag_size(const struct cst_tag *tag)
{
    return cst_facts_size(cst_tag_read_facts(tag));
}

/** Log2 of the alignment that was asked for, or CST_ALIGN_UNKNOWN. */
CST_INLINE unsigned cst_tag_align_log2(const struct cst_tag *tag)
{
    return cst_facts_align_log2(cst_tag_read_facts(tag));
}

/** The alignment that the heap was asked for, in bytes. */
CST_INLINE size_t cst_tag_align(const struct cst_tag *tag)
{
    unsigned log2 = cst_tag_align_log2(tag);
    return log2 == CST_ALIGN_UNKNOWN ? CST_BLOCK_ALIGN : (size_t)1 << log2;
}

/** The size in `facts` if they are those of a live block with this alignment and owner; otherwise a number above
 * CST_TAG_SIZE_MAX: all that a release must know of a tag in one subtraction. */
CST_INLINE uint64_t cst_tag_size_if(uint64_t facts, unsigned align_log2, uint16_t owner)
{
    return facts - cst_tag_facts(0, align_log2, owner);
}

/** True when the tag is of a live block of this owner: in one comparison. */
CST_INLINE bool cst_tag_is_live_of(const struct cst_tag *tag, uint16_t owner)
{
    return cst_tag_read_facts(tag) >> 46 == ((uint64_t)owner | (uint64_t)CST_STATE_LIVE << 16);
}

CST_INLINE enum custody_contract cst_tag_contract(const struct cst_tag *tag)
{
    return cst_owner_contract(cst_facts_owner(cst_tag_read_facts(tag)));
}

CST_INLINE uint16_t cst_tag_side(const struct cst_tag *tag)
{
    return cst_facts_side(cst_tag_read_facts(tag));
}

/** The allocation stack in a second word. */
CST_INLINE uint32_t cst_sites_alloc_stack(uint64_t sites)
{
    return (uint32_t)sites & 0xffffff;
}

CST_INLINE uint32_t cst_tag_alloc_stack(const struct cst_tag *tag)
{
    return cst_sites_alloc_stack(cst_tag_read_sites(tag));
}

CST_INLINE uint32_t cst_tag_release_stack(const struct cst_tag *tag)
{
    return cst_tag_read_upper(tag) & 0xffffff;
}

CST_INLINE uint8_t cst_tag_generation(const struct cst_tag *tag)
{
    return (uint8_t)(cst_tag_read_sites(tag) >> 24);
}

/** True when the block of this tag starts at `address`, which lies in the tag's slot. */
CST_INLINE bool cst_tag_starts_at(const struct cst_tag *tag, uintptr_t address)
{
    return (address & (CST_BLOCK_ALIGN - 1)) == 0 &&
           (uint8_t)(cst_tag_read_sites(tag) >> 56) == (uint8_t)(address >> 4);
}

/** Marks a live block as released from `release_stack`. The slot keeps all other facts. */
CST_INLINE void cst_tag_release(struct cst_tag *tag, uint32_t release_stack)
{
    cst_tag_put_facts(tag, cst_tag_read_facts(tag) ^ (uint64_t)(CST_STATE_LIVE ^ CST_STATE_RELEASED) << 62);
    atomic_signal_fence(memory_order_release);
    cst_tag_set_upper(tag, (cst_tag_read_upper(tag) & 0xff000000) | release_stack);
}

/** As cst_tag_starts_at, for the second word of a live block's tag. */
CST_INLINE bool cst_sites_start_at(uint64_t sites, uintptr_t address)
{
    return sites >> 32 == (uint32_t)(address << 20);
}

/** As cst_tag_release, for a tag whose words were just found to be `facts` and `sites` of a live block. */
CST_INLINE void cst_tag_release_known(struct cst_tag *tag, uint64_t facts, uint64_t sites, uint32_t release_stack)
{
    cst_tag_put_facts(tag, facts ^ (uint64_t)(CST_STATE_LIVE ^ CST_STATE_RELEASED) << 62);
    atomic_signal_fence(memory_order_release);
    cst_tag_put_sites(tag, sites | (uint64_t)release_stack << 32);
}

/** Bits of a live block's marks, in the place that its release stack will take; above them are those that last. */
#define CST_TAG_MARK_BITS 22
#define CST_TAG_TOLD (UINT32_C(1) << CST_TAG_MARK_BITS)
#define CST_TAG_WATCHED (UINT32_C(2) << CST_TAG_MARK_BITS)

/** What a search for leaks notes about a live block; 0 otherwise. */
CST_INLINE uint32_t cst_tag_marks(const struct cst_tag *tag)
{
    return cst_tag_release_stack(tag) & (CST_TAG_TOLD - 1);
}

/** Sets the marks of a live block. While they are not 0, a release of it takes the longer way. */
CST_INLINE void cst_tag_set_marks(struct cst_tag *tag, uint32_t marks)
{
    cst_tag_set_upper(tag, (cst_tag_read_upper(tag) & (0xff000000 | CST_TAG_WATCHED | CST_TAG_TOLD)) | marks);
}

/** Whether a live block is watched: then a release of it takes the longer way. */
CST_INLINE bool cst_tag_is_watched(const struct cst_tag *tag)
{
    return (cst_tag_release_stack(tag) & CST_TAG_WATCHED) != 0;
}

/** Says whether a live block is watched. */
CST_INLINE void cst_tag_watch(struct cst_tag *tag, bool watched)
{
    uint32_t upper = cst_tag_read_upper(tag) & ~CST_TAG_WATCHED;
    cst_tag_set_upper(tag, upper | (watched ? CST_TAG_WATCHED : 0));
}

/** Whether a live block was told as one that nobody released (handle-leak, transfer-leak): as a leak it only counts. */
CST_INLINE bool cst_tag_is_told(const struct cst_tag *tag)
{
    return (cst_tag_release_stack(tag) & CST_TAG_TOLD) != 0;
}

/** Says so of a live block that nobody can release meanwhile. */
CST_INLINE void cst_tag_tell(struct cst_tag *tag)
{
    cst_tag_set_upper(tag, cst_tag_read_upper(tag) | CST_TAG_TOLD);
}

/** First address of the live block in a slot of the page that begins at `page`. */
CST_INLINE uintptr_t cst_tag_start_in(uintptr_t page, const struct cst_tag *tag)
{
    return page | (uintptr_t)((cst_tag_read_sites(tag) >> 56) & 0xff) << 4;
}

/** What is known about an address in the heap's range. */
struct cst_tag_hit {
    enum cst_tag_state state; /**< NONE: no block begins or lies here */
    uintptr_t start;          /**< first address of the block found */
    struct cst_tag *tag;      /**< its tag; NULL when none */
};

/** The block that begins at `address`, or else the live block that covers it; else, if a released block began there, that
 * one. For slow paths: looks through the pages from `address` down to `begin` (page-aligned), before which no block that
 * reaches `address` can begin. */
struct cst_tag_hit cst_tag_find(uintptr_t address, uintptr_t begin);

#endif
