/* The table of rules; see the header. */
#include "site/frame_table.h"

_Atomic uint64_t cst_frame_table[CST_FRAME_WAYS][CST_FRAME_SETS];

#define RULE_MASK ((UINT64_C(1) << CST_FRAME_RULE_BITS) - 1)

static _Atomic uint64_t *row_at(uint64_t scrambled, size_t way)
{
    return &cst_frame_table[way][scrambled >> CST_FRAME_TAG_BITS];
}

/* In the first row that is free. Of a full set any may go: the address's own bits say which. */
static void remember(uint64_t scrambled, uint64_t row)
{
    size_t way = 0;
    while (way < CST_FRAME_WAYS && atomic_load_explicit(row_at(scrambled, way), memory_order_relaxed) != 0) {
        way++;
    }
    way = way < CST_FRAME_WAYS ? way : scrambled % CST_FRAME_WAYS;
    atomic_store_explicit(row_at(scrambled, way), row, memory_order_relaxed);
}

uint32_t cst_frame_rule_slow(uintptr_t return_address)
{
    const uint64_t scrambled = cst_frame_scramble(return_address), tag = scrambled << CST_FRAME_RULE_BITS;
    for (size_t way = 0; way < CST_FRAME_WAYS; way++) {
        uint64_t row = atomic_load_explicit(row_at(scrambled, way), memory_order_relaxed);
        if (row == 0) {
            break; /* mostly none follow, and looking would have the kernel make their pages */
        }
        if ((row ^ tag) - 1 < RULE_MASK) {
            return (uint32_t)(row ^ tag);
        }
    }
    uint32_t rule = cst_frame_rule_make(return_address);
    if (rule != CST_FRAME_OUTSIDE) {
        remember(scrambled, tag | rule);
    }
    return rule;
}

/* The inverse of an odd factor modulo 2^64, by Newton's iteration: five steps double 3 good bits to 96. */
static uint64_t inverse_of(uint64_t factor)
{
    uint64_t inverse = factor;
    for (int step = 0; step < 5; step++) {
        inverse *= 2 - factor * inverse;
    }
    return inverse;
}

/* The address that a row of a set is of. */
static uintptr_t address_of(size_t set, uint64_t row, uint64_t inverse)
{
    uint64_t scrambled = (uint64_t)set << CST_FRAME_TAG_BITS | row >> CST_FRAME_RULE_BITS;
    return scrambled * inverse & ((UINT64_C(1) << CST_FRAME_ADDRESS_BITS) - 1);
}

void cst_frame_forget(uintptr_t lo, uintptr_t hi)
{
    const uint64_t inverse = inverse_of(CST_FRAME_FACTOR);
    for (size_t way = 0; way < CST_FRAME_WAYS; way++) {
        for (size_t set = 0; set < CST_FRAME_SETS; set++) {
            uint64_t row = atomic_load_explicit(&cst_frame_table[way][set], memory_order_relaxed);
            if (row != 0 && address_of(set, row, inverse) - lo < hi - lo) {
                atomic_store_explicit(&cst_frame_table[way][set], 0, memory_order_relaxed);
            }
        }
    }
}
