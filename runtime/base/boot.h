/* Memory for the moments when the heap is not there yet: before start, and while start itself calls into libc. A fixed
 * buffer, of which only the last block that was handed out can be given back; blocks know their size so that realloc can copy them. Needs no start, takes
 * no lock, any thread. */
#ifndef CST_BASE_BOOT_H
#define CST_BASE_BOOT_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/** `size` zeroed bytes aligned to `align` (a power of two, at least 16 is used). NULL when the buffer is used up. */
CST_MUST_USE void *cst_boot_alloc(size_t size, size_t align);

/** True when `block` came from here: then cst_boot_release is its release. */
bool cst_boot_owns(const void *block);

/** Gives a block back: the last one that was handed out is handed out again. */
void cst_boot_release(void *block);

/** Bytes asked for when this block was made. */
size_t cst_boot_size(const void *block);

/** The part of the buffer that has been handed out: what lies there may point to blocks of the heap. */
void cst_boot_used(const void **out_begin, const void **out_end);

#endif
