/* Settled: releases and resizes of blocks by others than their owners that were judged before and found to be in order,
 * remembered by what the judgement rests on: owner, allocation stack, who releases, and where. A fixed table of which
 * newer answers take the place of older ones; it never says more than was judged. Takes no lock; any thread, and signal
 * handlers. */
#ifndef CST_CORE_SETTLED_H
#define CST_CORE_SETTLED_H

#include "core/crossing.h"
#include "core/origin.h"
#include "core/tag.h"
#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** A block goes to somebody. */
struct cst_settled_case {
    uint16_t owner;       /**< of the block, as its tag says */
    uint32_t alloc_stack; /**< as its tag says */
    uint16_t by;          /**< who releases or resizes it */
    uint32_t site;        /**< id of the one-frame stack of that call; 0: not known */
};

/** True for blocks that can be settled. What libc made for itself may be a record of a module, whose release is noticed; what
 * the runtime's own calls into libc made is not counted. */
CST_INLINE bool cst_settled_concerns(enum custody_contract owner)
{
    return owner != CUSTODY_CONTRACT_UNKNOWN && owner != CUSTODY_CONTRACT_LIBC;
}

/** The live block with this tag was judged, and `call`, made by `origin`, may have it without a word as long as it names the
 * block's layout; `crossing` says where that is counted, CST_CROSSING_NONE for nowhere. Remembers it, where the judgement
 * rests on nothing but what is looked up by. */
void cst_settled_keep(const struct cst_call *call, const struct cst_origin *origin, const struct cst_tag *tag,
                      uint32_t crossing);

/** A module was unloaded, or crossings are counted anew: nothing is settled any more. */
void cst_settled_forget(void);

/** A row is two words. Its key is written last, and read again after the value, so that a reader never takes the value of
 * another key; a row that is being written is nobody else's to write. */
struct cst_settled_row {
    _Atomic uint64_t key;   /**< FREE, BUSY, or owner 0-15 | by 16-31 | site 32-55, which is not 0 */
    _Atomic uint64_t value; /**< allocation stack 0-23 | where the crossing is counted 32-63 */
};

#define CST_SETTLED_BITS 11
#define CST_SETTLED_FREE UINT64_C(0)
#define CST_SETTLED_BUSY UINT64_C(1)

extern struct cst_settled_row cst_settled_rows[1U << CST_SETTLED_BITS];

CST_INLINE uint64_t cst_settled_key(const struct cst_settled_case *what)
{
    return what->owner | (uint64_t)what->by << 16 | (uint64_t)what->site << 32;
}

CST_INLINE struct cst_settled_row *cst_settled_home(uint64_t key, uint32_t alloc_stack)
{
    uint64_t hash = (key + ((uint64_t)alloc_stack << 13)) * UINT64_C(0x9e3779b97f4a7c15);
    return &cst_settled_rows[hash >> (64 - CST_SETTLED_BITS)];
}

/** True when this was settled; then the crossing is counted. Layouts have not been looked at. */
CST_INLINE CST_MUST_USE bool cst_settled_allows(const struct cst_settled_case *what)
{
    uint64_t key = cst_settled_key(what);
    const struct cst_settled_row *row = cst_settled_home(key, what->alloc_stack);
    if (what->site == 0 || atomic_load_explicit(&row->key, memory_order_acquire) != key)
        return false;
    uint64_t value = atomic_load_explicit(&row->value, memory_order_acquire);
    if ((uint32_t)value != what->alloc_stack || atomic_load_explicit(&row->key, memory_order_relaxed) != key)
        return false;
    if (value >> 32 != CST_CROSSING_NONE)
        cst_crossing_again((uint32_t)(value >> 32));
    return true;
}

#endif
