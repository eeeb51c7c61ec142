/* Owners: a side and a contract in 16 bits, as tags and call sites hold them: contract 0-5, side 6-15. Whoever makes or
 * releases a block is an owner in this sense, whether the block is his or not. */
#ifndef CST_CORE_OWNER_H
#define CST_CORE_OWNER_H

#include "custody/words.h"
#include "plat/compiler.h"

#include <stdint.h>

#define CST_OWNER_CONTRACT_BITS 6

CST_INLINE uint16_t cst_owner_make(enum custody_contract contract, uint16_t side)
{
    return (uint16_t)((unsigned)contract | (unsigned)side << CST_OWNER_CONTRACT_BITS);
}

CST_INLINE enum custody_contract cst_owner_contract(uint16_t owner)
{
    return (enum custody_contract)(owner & ((1U << CST_OWNER_CONTRACT_BITS) - 1));
}

CST_INLINE uint16_t cst_owner_side(uint16_t owner)
{
    return (uint16_t)(owner >> CST_OWNER_CONTRACT_BITS);
}

#endif
