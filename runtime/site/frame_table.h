/* The rules of return addresses, each worked out once: a table of 2^17 words that hold an address and its rule together,
 * so that it is read and written without a lock and no reader sees half a row. It is a cache: a set has eight rows, and a
 * full set loses one. The first rows of all sets lie together, then the second ones: a small program touches little of the
 * table. Addresses that lie in no module have no row. */
#ifndef CST_SITE_FRAME_TABLE_H
#define CST_SITE_FRAME_TABLE_H

#include "plat/compiler.h"
#include "site/frame_rule.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define CST_FRAME_SET_BITS 14
#define CST_FRAME_SETS ((size_t)1 << CST_FRAME_SET_BITS)
#define CST_FRAME_WAYS ((size_t)8)

/* User addresses have 47 bits (canonical form, four levels of page tables). An address is scrambled into a number of as
 * many bits, one to one; the upper bits of that say which set, the lower are kept in the row, above the rule. */
#define CST_FRAME_ADDRESS_BITS 47
#define CST_FRAME_TAG_BITS (CST_FRAME_ADDRESS_BITS - CST_FRAME_SET_BITS)
#define CST_FRAME_FACTOR UINT64_C(0x4f1bbcdcbfa5) /* 2^47 divided by the golden ratio: spreads neighbours */

_Static_assert(CST_FRAME_TAG_BITS + CST_FRAME_RULE_BITS == 64, "a row is one word");

extern _Atomic uint64_t cst_frame_table[CST_FRAME_WAYS][CST_FRAME_SETS];

CST_INLINE uint64_t cst_frame_scramble(uintptr_t address)
{
    return address * CST_FRAME_FACTOR & ((UINT64_C(1) << CST_FRAME_ADDRESS_BITS) - 1);
}

/** The way of an address that is not in the first row of its set: looks at the others, or works the rule out and remembers
 * it. */
uint32_t cst_frame_rule_slow(uintptr_t return_address);

/** The rule of `return_address`, which must be below 2^47. Never fails; the first time for an address reads tables and
 * may register modules: no lock of the runtime may be held. */
CST_INLINE uint32_t cst_frame_rule(uintptr_t return_address)
{
    const uint64_t scrambled = cst_frame_scramble(return_address), all = (UINT64_C(1) << CST_FRAME_RULE_BITS) - 1;
    const _Atomic uint64_t *row = &cst_frame_table[0][scrambled >> CST_FRAME_TAG_BITS];
    /* What is left of the row when the tag is ours is the rule, which is not 0. */
    uint64_t rest = atomic_load_explicit(row, memory_order_relaxed) ^ (scrambled << CST_FRAME_RULE_BITS);
    return CST_LIKELY(rest - 1 < all) ? (uint32_t)rest : cst_frame_rule_slow(return_address);
}

/** Forgets the rules of addresses in [lo, hi): their module was unloaded. */
void cst_frame_forget(uintptr_t lo, uintptr_t hi);

#endif
