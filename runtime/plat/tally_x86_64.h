/* Counters that one thread writes, each by a single instruction: a signal's handler that counts too comes before or after
 * it. Others read them whole. */
#ifndef CST_PLAT_TALLY_X86_64_H
#define CST_PLAT_TALLY_X86_64_H

#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Adds to a counter. */
CST_INLINE void cst_tally_add(_Atomic uint64_t *counter, uint64_t amount)
{
    uint64_t *word = (uint64_t *)counter;
    __asm__("addq %1, %0" : "+m"(*word) : "er"(amount) : "cc");
}

/** The calling thread's own counter, in plain. */
CST_INLINE uint64_t cst_tally_own(const _Atomic uint64_t *counter)
{
    return *(const uint64_t *)counter;
}

/** Takes one from a counter. True when it was 0. */
CST_INLINE bool cst_tally_borrow(_Atomic uint64_t *counter)
{
    uint64_t *word = (uint64_t *)counter;
    bool borrows;
    __asm__("subq $1, %0" : "+m"(*word), "=@ccc"(borrows));
    return borrows;
}

#endif
