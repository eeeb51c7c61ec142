/* Blocks of an allocator that a program puts between Rust and us (`#[global_allocator]`), as the hooks of its entries handle
 * them: what it made, and what it is given to release. It may pass on what it gets from our heap, as wrappers that count do:
 * such a block is then Rust's. It may ask the public API for blocks of a side: they stay that side's, and custody_release
 * judges. It may have memory of its own: its blocks are adopted (adopted.h). It may put headers in front, cut blocks into
 * pieces, or keep what is released: of such blocks nothing is told.
 *
 *   make:     block = original(...);  cst_wrapped_made(...)
 *   release:  if (cst_wrapped_hand_over(...) == CST_HANDOVER_PASS) { original(block, ...); cst_wrapped_taken(...); }
 *             else cst_wrapped_give_back(...)
 *
 * While a block is handed over, nobody owns it (contract unknown), so that whatever the allocator does with it is silent;
 * but when it goes back to our heap in the same thread meanwhile, the tag says who released it as if it had come directly.
 *
 * The calling thread must be ready (cst_hook_is_ready). errno as it was. Takes no lock that is held across a call. */
#ifndef CST_CORE_WRAPPED_H
#define CST_CORE_WRAPPED_H

#include "core/foreign.h"

/** One such allocator. Lasts as long as the process. */
struct cst_wrapper {
    uint16_t side;              /**< of the Rust code that uses it */
    bool closed;                /**< that code reaches it through its entries only (site/rust_own.h) */
    bool asks_us;               /**< it has made blocks of the contract `custody`: it asks the public API for them */
    struct cst_adopter adopter; /**< releases a block that has memory of its own */
};

/** What is to be done with a block that the allocator is given. */
enum cst_handover_kind {
    CST_HANDOVER_PASS,   /**< the allocator must be called */
    CST_HANDOVER_OTHERS, /**< somebody else's: cst_wrapped_give_back releases it, and the allocator must not be called */
    CST_HANDOVER_NOTHING, /**< nothing that could be released */
};

struct cst_handover {
    enum cst_handover_kind kind;
    uintptr_t address;
    size_t readable;            /**< bytes of the block, where known; 0 otherwise */
    struct cst_passing outer;   /**< what this thread was handing over before */
    struct cst_foreign foreign; /**< valid for blocks outside our heap */
    uint32_t stack;             /**< of the release */
    uint16_t owner;             /**< of a block of our heap that was handed over */
};

/** The allocator made `block` (or NULL) of `size` bytes aligned to `align` (0: not known) just now, for `call`. */
void cst_wrapped_made(const struct cst_call *call, struct cst_wrapper *wrapper, void *block, size_t size, size_t align);

/** The allocator is given `block` (not NULL) to release or resize: judges it by the rules, tells what is wrong. */
struct cst_handover cst_wrapped_hand_over(const struct cst_call *call, const struct cst_wrapper *wrapper, void *block,
                                          const struct cst_given *given);

/** After the allocator was called for a block of kind PASS. `kept`: it could not resize it, which is as it was. */
void cst_wrapped_taken(const struct cst_handover *handover, bool kept);

/** Releases a block of kind OTHERS to whom it belongs; does nothing for other kinds. */
void cst_wrapped_give_back(const struct cst_handover *handover);

/** True when this thread is handing `block` over, outside our heap or in it. */
CST_INLINE bool cst_wrapped_is_passing(const void *block)
{
    return cst_thread.passing.address == (uintptr_t)block;
}

#endif
