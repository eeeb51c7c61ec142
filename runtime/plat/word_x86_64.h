/* A look at a word that other threads write, in one instruction: the compiler would load it first. */
#ifndef CST_PLAT_WORD_X86_64_H
#define CST_PLAT_WORD_X86_64_H

#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** True when the word holds `value`. In order with all reads before and after, as the processor keeps them so. */
CST_INLINE bool cst_word_is(const _Atomic uint64_t *word, uint64_t value)
{
    bool equal;
    __asm__ volatile("cmpq %2, %1" : "=@cce"(equal) : "m"(*(const uint64_t *)word), "r"(value) : "memory");
    return equal;
}

#endif
