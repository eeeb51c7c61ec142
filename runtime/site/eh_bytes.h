/* Reading exception tables byte by byte: a range of bytes still to be read, and numbers of fixed and of variable length
 * (LEB128; DWARF 5, section 7.6) taken from its front. Nothing outside the range is read, whatever it holds. */
#ifndef CST_SITE_EH_BYTES_H
#define CST_SITE_EH_BYTES_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Bytes still to be read, [at, end). */
struct cst_eh_bytes {
    uintptr_t at, end;
};

/** Takes `size` bytes. False when fewer are left. */
CST_MUST_USE CST_INLINE bool cst_eh_take(struct cst_eh_bytes *bytes, void *out_bytes, size_t size)
{
    if (bytes->end - bytes->at < size) {
        return false;
    }
    memcpy(out_bytes, (const void *)bytes->at, size);
    bytes->at += size;
    return true;
}

/** Skips `size` bytes. False when fewer are left. */
CST_MUST_USE CST_INLINE bool cst_eh_skip(struct cst_eh_bytes *bytes, uint64_t size)
{
    bool enough = size <= bytes->end - bytes->at;
    bytes->at += enough ? size : 0;
    return enough;
}

/** Takes a number of variable length; bits beyond the 64th are lost. `out_last` is its last byte, which tells its sign. */
CST_MUST_USE CST_INLINE bool cst_eh_take_groups(struct cst_eh_bytes *bytes, uint64_t *out_number, unsigned *out_bits,
                                                uint8_t *out_last)
{
    *out_number = 0;
    *out_bits = 0;
    do {
        if (!cst_eh_take(bytes, out_last, 1)) {
            return false;
        }
        *out_number |= *out_bits < 64 ? (uint64_t)(*out_last & 0x7f) << *out_bits : 0;
        *out_bits += *out_bits < 64 ? 7 : 0;
    } while (*out_last & 0x80);
    return true;
}

/** Takes an unsigned number of variable length. */
CST_MUST_USE CST_INLINE bool cst_eh_take_unsigned(struct cst_eh_bytes *bytes, uint64_t *out_number)
{
    unsigned bits;
    uint8_t last;
    return cst_eh_take_groups(bytes, out_number, &bits, &last);
}

/** Takes a signed number of variable length. */
CST_MUST_USE CST_INLINE bool cst_eh_take_signed(struct cst_eh_bytes *bytes, int64_t *out_number)
{
    uint64_t number;
    unsigned bits;
    uint8_t last;
    if (!cst_eh_take_groups(bytes, &number, &bits, &last)) {
        return false;
    }
    *out_number = (int64_t)(bits < 64 && last & 0x40 ? number | UINT64_MAX << bits : number);
    return true;
}

#endif
