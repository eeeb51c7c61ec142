/* Inside: memory for calls that must not reach the engine, because the runtime is starting, could not start, or is itself
 * the caller (through libc). Before start they are served from the boot buffer, after a failed start by glibc's own
 * allocator, otherwise by our heap with a tag that says "nobody's": never counted, never judged. */
#ifndef CST_ENTRY_INSIDE_H
#define CST_ENTRY_INSIDE_H

#include "plat/compiler.h"

#include <stdbool.h>
#include <stddef.h>

/** `size` bytes aligned to `align` (a power of two). NULL with errno ENOMEM. */
CST_COLD CST_MUST_USE void *cst_inside_alloc(size_t size, size_t align, bool zero);

/** Releases a block (not NULL), whoever made it. */
CST_COLD void cst_inside_release(void *block);

/** Resizes a block (not NULL). NULL with errno ENOMEM. */
CST_COLD CST_MUST_USE void *cst_inside_resize(void *block, size_t size);

/** Bytes usable in a block (not NULL) of any kind; 0 for one that is not known. Of a block of ours that is what was asked
 * for, although there is more: what it points to is looked for as far as that. */
size_t cst_inside_usable(void *block);

#endif
