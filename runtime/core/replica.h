/* Guarded copies: memory of ours that a library gets in place of its caller's buffer, with guards in front and behind. It
 * lies in the heap as a block that is nobody's: whoever looks for leaks follows what it holds, and tells of none. Any
 * thread; a copy is one thread's at a time. */
#ifndef CST_CORE_REPLICA_H
#define CST_CORE_REPLICA_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the guards in front and behind. The one behind also takes what is written too far. */
#define CST_REPLICA_FRONT ((size_t)64)
#define CST_REPLICA_BACK ((size_t)256)

/** Largest copy. */
#define CST_REPLICA_MAX ((size_t)1 << 28)

struct cst_replica {
    unsigned char *memory; /**< NULL: none */
    size_t size;           /**< bytes between the guards */
    uintptr_t block;       /**< of the heap, around all of it */
    uint64_t seed;         /**< of its guards */
};

/** Makes a copy of `size` bytes, not yet filled, aligned as `like` is, up to a page. False when there is no memory, or too
 * much of it is asked for. */
CST_MUST_USE bool cst_replica_make(size_t size, uintptr_t like, uint64_t seed, struct cst_replica *out_copy);

/** Bytes that were written in front of the copy, from the first to it; 0 for none. */
size_t cst_replica_damage_before(const struct cst_replica *copy);

/** Bytes that were written behind it, from it to the last; 0 for none. */
size_t cst_replica_damage_behind(const struct cst_replica *copy);

/** A hash of the copy and its guards, as cst_buffer_sum. */
uint64_t cst_replica_sum(const struct cst_replica *copy);

/** Bytes that it takes. */
CST_INLINE size_t cst_replica_bytes(const struct cst_replica *copy)
{
    return CST_REPLICA_FRONT + copy->size + CST_REPLICA_BACK;
}

/** Its use is over, but its memory is kept: what it holds leads to nothing any more. */
void cst_replica_retire(const struct cst_replica *copy);

/** Gives its memory back, retired or not. */
void cst_replica_release(struct cst_replica *copy);

#endif
