/* Foreign blocks as the hooks of foreign allocators' entries handle them: adopting what the allocator made, judging what it
 * is given to release. The hook runs the allocator itself, before or after; nothing here holds a lock meanwhile.
 *
 *   make:     block = original(...);  cst_foreign_adopt(call, block, size, align, adopter)
 *   release:  if (cst_foreign_accept(call, block, given, adopter, &block_known)) original(block, ...)
 *   resize:   if (cst_foreign_accept(...)) {
 *                 moved = original(block, size)
 *                 moved ? cst_foreign_adopt(call, moved, ...) : cst_foreign_restore(&known)
 *             }
 *
 * The calling thread must be ready (cst_hook_is_ready); one that is inside the runtime calls the original and nothing
 * else. errno as it was. */
#ifndef CST_CORE_FOREIGN_H
#define CST_CORE_FOREIGN_H

#include "core/adopted.h"
#include "core/engine.h"

/** What a release was given. */
enum cst_foreign_kind {
    CST_FOREIGN_OWN,    /**< a live block of this allocator, from now on the allocator's: to be released, or resized */
    CST_FOREIGN_UNSEEN, /**< nothing that was ever seen, such as a block from before the entries were hooked: only the
                              allocator knows */
    CST_FOREIGN_OTHERS, /**< a live block of our heap or of another allocator: not to be given to this one */
    CST_FOREIGN_NOTHING, /**< a block that was released before, a pointer into one, or what somebody refuses (watch.h): not
                              to be released at all */
};

/** What cst_foreign_examine found. */
struct cst_foreign {
    enum cst_foreign_kind kind;
    bool is_watched; /**< OWN, to be resized: cst_foreign_resized must be told what became of it */
    uintptr_t address;
    size_t size;               /**< of the block; 0 for UNSEEN, and for NOTHING unless it was refused */
    size_t align;              /**< that it was asked for with */
    uint32_t stack;            /**< of the release */
    struct cst_adopted before; /**< OWN: as it was known */
};

/** Adopts `block`, which an allocator made just now for `call`: its owner is the caller, its contract that of the door. An
 * `align` of 0 is not known. NULL and blocks of our own heap are left alone. Counts it in. */
void cst_foreign_adopt(const struct cst_call *call, void *block, size_t size, size_t align,
                       const struct cst_adopter *adopter);

/** Examines `block` (not NULL), given to a hooked entry of the allocator of `adopter` for release or resize: judges it by the
 * rules, and tells what is wrong. A block of the allocator's own is no longer known as live afterwards, and counted out: the
 * allocator must be called. Changes nothing else. */
struct cst_foreign cst_foreign_examine(const struct cst_call *call, void *block, const struct cst_given *given,
                                       const struct cst_adopter *adopter);

/** Releases a block of kind OTHERS to whom it belongs; does nothing for other kinds. */
void cst_foreign_give_back(const struct cst_foreign *foreign);

/** As cst_foreign_examine for a release, with what must be done for all kinds but two: true when the allocator itself must be
 * called for the block (OWN, UNSEEN), with out_known->size and align as they were asked for, if the kind is OWN. */
CST_MUST_USE bool cst_foreign_accept(const struct cst_call *call, void *block, const struct cst_given *given,
                                     const struct cst_adopter *adopter, struct cst_foreign *out_known);

/** The allocator resized a block of kind OWN to one of `size` bytes at `to` for `call`, or released it (`to` NULL). Does
 * nothing when it is not watched. */
void cst_foreign_resized(const struct cst_call *call, const struct cst_foreign *known, void *to, size_t size);

/** The allocator could not resize a block of kind OWN: it is live as before. */
void cst_foreign_restore(const struct cst_foreign *foreign);

/** Releases the live block at `address` that was adopted, through its adopter, from `release_stack`, and counts it out:
 * what the engine does with one that comes to a door of ours. Does nothing when another thread was quicker. */
void cst_foreign_release(uintptr_t address, uint32_t release_stack);

#endif
