/* Buffers of the program's: what is known of the memory that one lies in, and the use of it without trust in what was said
 * of its size. Takes no lock but those of the tables it asks; under the recursion guard. */
#ifndef CST_CORE_BUFFER_H
#define CST_CORE_BUFFER_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is known of the block at a buffer. */
struct cst_buffer_place {
    enum {
        CST_BUFFER_UNKNOWN,  /**< no block that is known: stack, static data, another allocator's */
        CST_BUFFER_IN_BLOCK, /**< in a live block */
        CST_BUFFER_RELEASED, /**< at the start of a block that was released */
    } kind;
    uintptr_t block; /**< IN_BLOCK: its first address */
    uint16_t owner;  /**< IN_BLOCK: its side */
    size_t room;     /**< bytes from the buffer to the end of what may be used; SIZE_MAX when that is not known */
};

/** Looks `address` up. */
struct cst_buffer_place cst_buffer_find(uintptr_t address);

/** Copies the `size` bytes at `address`. False when they cannot all be read. */
CST_MUST_USE bool cst_buffer_read(uintptr_t address, void *out_bytes, size_t size);

/** Copies `size` bytes to `address`. False when they cannot all be written. */
CST_MUST_USE bool cst_buffer_write(uintptr_t address, const void *bytes, size_t size);

/** A hash of `size` bytes at `address`, which differs whenever one of them does and all others are as they were. False
 * when they cannot all be read. */
CST_MUST_USE bool cst_buffer_sum(uintptr_t address, size_t size, uint64_t *out_sum);

/** The same of memory that is known to be readable, going on from `sum`. */
uint64_t cst_buffer_sum_known(uint64_t sum, const void *bytes, size_t size);

#endif
