/* Guards: bytes around a buffer that nobody may write to, with a pattern that is unlikely in data: it differs from guard to
 * guard, holds no zero, no 0xff, no ASCII. Plain memory, no state; any thread. */
#ifndef CST_CORE_GUARD_H
#define CST_CORE_GUARD_H

#include <stddef.h>
#include <stdint.h>

/** Fills [memory, memory+size) with the pattern that belongs to `seed`. */
void cst_guard_lay(unsigned char *memory, size_t size, uint64_t seed);

/** Bytes from the start of the guard to the last one that is not as it was laid; 0 when all are. */
size_t cst_guard_damage_up_to(const unsigned char *memory, size_t size, uint64_t seed);

/** Bytes from the first one that is not as it was laid to the end of the guard; 0 when all are. */
size_t cst_guard_damage_from(const unsigned char *memory, size_t size, uint64_t seed);

#endif
