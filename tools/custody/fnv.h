/* FNV-1a, 64 bits (IETF draft-eastlake-fnv). Header only, pure. */
#ifndef CST_TOOL_FNV_H
#define CST_TOOL_FNV_H

#include <stddef.h>
#include <stdint.h>

#define CST_FNV_START UINT64_C(0xcbf29ce484222325)

/** Goes on with `hash`, CST_FNV_START at first, over `size` bytes. */
static inline uint64_t cst_fnv(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

#endif
