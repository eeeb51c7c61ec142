/* The table of rules; see the header. */
#include "site/frame_table.h"

_Atomic uint64_t cst_frame_table[CST_FRAME_WAYS << CST_FRAME_SET_BITS];

#define TAG_MASK ((UINT64_C(1) << CST_FRAME_TAG_BITS) - 1)
#define RULE_MASK ((UINT64_C(1) << CST_FRAME_RULE_BITS) - 1)

static _Atomic uint64_t *row_at(uint64_t scrambled, size_t probe)
{
    size_t way = (scrambled + probe) % CST_FRAME_WAYS;
    return &cst_frame_table[(scrambled >> CST_FRAME_TAG_BITS) * CST_FRAME_WAYS + way];
}

/* The first row that is free, else the one where the address is looked for first. */
static void remember(uint64_t scrambled, uint64_t row)
{
    _Atomic uint64_t *place = row_at(scrambled, 0);
    for (size_t probe = 0; probe < CST_FRAME_WAYS; probe++) {
        if (atomic_load_explicit(row_at(scrambled, probe), memory_order_relaxed) == 0) {
            place = row_at(scrambled, probe);
            break;
        }
    }
    atomic_store_explicit(place, row, memory_order_relaxed);
}

uint32_t cst_frame_rule_slow(uintptr_t return_address)
{
    const uint64_t scrambled = cst_frame_scramble(return_address), tag = scrambled << CST_FRAME_RULE_BITS;
    for (size_t probe = 0; probe < CST_FRAME_WAYS; probe++) {
        uint64_t rest = atomic_load_explicit(row_at(scrambled, probe), memory_order_relaxed) ^ tag;
        if (rest - 1 < RULE_MASK) {
            return (uint32_t)rest;
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

void cst_frame_forget(uintptr_t lo, uintptr_t hi)
{
    const uint64_t inverse = inverse_of(CST_FRAME_FACTOR);
    for (size_t i = 0; i < sizeof cst_frame_table / sizeof *cst_frame_table; i++) {
        uint64_t row = atomic_load_explicit(&cst_frame_table[i], memory_order_relaxed);
        uint64_t scrambled = (uint64_t)(i / CST_FRAME_WAYS) << CST_FRAME_TAG_BITS | row >> CST_FRAME_RULE_BITS;
        uint64_t address = scrambled * inverse & ((UINT64_C(1) << CST_FRAME_ADDRESS_BITS) - 1);
        if (row != 0 && address - lo < hi - lo) {
            atomic_store_explicit(&cst_frame_table[i], 0, memory_order_relaxed);
        }
    }
}
