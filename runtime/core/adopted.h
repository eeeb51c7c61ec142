/* Adopted blocks: live blocks of allocators that have memory of their own (a jemalloc or mimalloc that the program brought
 * along, through the C or the Rust door), which we see made and released at entries that are hooked. A table from address
 * to the same two words that a block of our heap has beside it (tag.h), and to the adopter: who can release it. So that
 * a release through the wrong door is judged by the same rules, and then done right.
 *
 * Blocks that were released are remembered for a while, to tell a second release; the oldest are forgotten. Memory of the
 * table grows with the blocks that are live at once, and is used again. Takes a lock of its own, one of 64, for a short
 * time; any thread that is not in a signal handler. */
#ifndef CST_CORE_ADOPTED_H
#define CST_CORE_ADOPTED_H

#include "core/tag.h"
#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Who can release blocks of one foreign allocator. Lasts as long as the process. */
struct cst_adopter {
    /** Gives `block` back to its allocator. `size` and `align` are what its tag says. Called outside all locks. */
    void (*release)(const struct cst_adopter *adopter, void *block, size_t size, size_t align);
    /** Bytes usable in a live `block` of it; NULL: as many as were asked for. Called outside all locks. */
    size_t (*usable)(const struct cst_adopter *adopter, void *block);
    const void *data; /**< its own */
    uint32_t module;  /**< that the allocator is in: once it was unloaded, its blocks are gone with it */
};

/** What is known of one foreign block: a copy. */
struct cst_adopted {
    uintptr_t address;
    struct cst_tag tag; /**< live, or released a while ago */
    const struct cst_adopter *adopter;
};

/** Remembers a block that `adopter` made just now, with a tag of two words as cst_tag_facts and cst_tag_sites make them;
 * whatever was known of the address is forgotten. False when memory is out: the block stays unknown. Counts nothing. */
CST_MUST_USE bool cst_adopted_add(void *block, uint64_t facts, uint64_t sites, const struct cst_adopter *adopter);

/** What is known of the block that begins at `address`. False when nothing is. */
CST_MUST_USE bool cst_adopted_find(uintptr_t address, struct cst_adopted *out_adopted);

/** Bytes usable in a live block. */
CST_INLINE size_t cst_adopted_usable(const struct cst_adopted *adopted)
{
    const struct cst_adopter *adopter = adopted->adopter;
    return adopter->usable ? adopter->usable(adopter, (void *)adopted->address) : cst_tag_size(&adopted->tag);
}

/** Marks the live block that begins at `address` as released from `release_stack`, before its memory is given back, and
 * tells what was known. False, and nothing changed, when no live block is known there: of two threads that release a block
 * one gets it. Counts nothing. */
CST_MUST_USE bool cst_adopted_take(uintptr_t address, uint32_t release_stack, struct cst_adopted *out_adopted);

/** The live block that begins at `address` is `owner`'s from now on (cst_owner_make). Tells what was known. False when no live
 * block is known there. Counts nothing. */
CST_MUST_USE bool cst_adopted_hand_on(uintptr_t address, uint16_t owner, struct cst_adopted *out_before);

/** Forgets all blocks of allocators in a module that was unloaded; returns how many of them were live. */
size_t cst_adopted_forget(uint32_t module);

/** Live blocks that are known. */
size_t cst_adopted_count(void);

/** After fork, in the child: frees locks that other threads of the parent may have held. */
void cst_adopted_after_fork(void);

#endif
