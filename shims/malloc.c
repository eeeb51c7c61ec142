/* The malloc family, with glibc 2.36's edge cases (malloc/malloc.c there): size 0 makes a block, sizes that cannot be met
 * give NULL and ENOMEM, realloc to 0 releases and gives NULL, memalign rounds its alignment up to a power of two. */
#include "shims.h"

#include "base/boot.h"
#include "entry/start.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

CST_EXPORT void *malloc(size_t size);
CST_EXPORT void *calloc(size_t count, size_t size);
CST_EXPORT void *realloc(void *block, size_t size);
CST_EXPORT void *reallocarray(void *block, size_t count, size_t size);
CST_EXPORT void free(void *block);
CST_EXPORT void cfree(void *block);
CST_EXPORT void free_sized(void *block, size_t size);
CST_EXPORT void free_aligned_sized(void *block, size_t align, size_t size);
CST_EXPORT int posix_memalign(void **out_block, size_t align, size_t size);
CST_EXPORT void *aligned_alloc(size_t align, size_t size);
CST_EXPORT void *memalign(size_t align, size_t size);
CST_EXPORT void *valloc(size_t size);
CST_EXPORT void *pvalloc(size_t size);
CST_EXPORT size_t malloc_usable_size(void *block);

void *malloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_MALLOC, CST_SIDE_UNKNOWN, size, CST_BLOCK_ALIGN, false);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return cst_engine_no_memory();
    return cst_hook_alloc(CUSTODY_DOOR_CALLOC, CST_SIDE_UNKNOWN, bytes, CST_BLOCK_ALIGN, true);
}

CST_INLINE void *resize(enum custody_door door, void *block, size_t size)
{
    if (!block)
        return cst_hook_alloc(door, CST_SIDE_UNKNOWN, size, CST_BLOCK_ALIGN, false);
    if (size == 0) {
        cst_hook_release(door, CST_SIDE_UNKNOWN, block, GIVEN_NOTHING);
        return NULL;
    }
    return cst_hook_resize(door, CST_SIDE_UNKNOWN, block, size, CST_BLOCK_ALIGN, GIVEN_NOTHING);
}

void *realloc(void *block, size_t size)
{
    return resize(CUSTODY_DOOR_REALLOC, block, size);
}

typedef void *resizer(void *block, size_t size);

/* In libc, realloc by its name: that of a program which defines one. */
void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return cst_engine_no_memory();
    LOOKUP(lookup, RTLD_DEFAULT, "realloc");
    resizer *first;
    *(void **)&first = look_up(&lookup);
    if (CST_UNLIKELY(first && (uintptr_t)first != cst_doors[CUSTODY_DOOR_REALLOC]))
        return first(block, bytes);
    return resize(CUSTODY_DOOR_REALLOCARRAY, block, bytes);
}

void free(void *block)
{
    cst_hook_release(CUSTODY_DOOR_FREE, CST_SIDE_UNKNOWN, block, GIVEN_NOTHING);
}

void cfree(void *block)
{
    cst_hook_release(CUSTODY_DOOR_CFREE, CST_SIDE_UNKNOWN, block, GIVEN_NOTHING);
}

void free_sized(void *block, size_t size)
{
    const struct cst_given given = {.has_size = true, .size = size};
    cst_hook_release(CUSTODY_DOOR_FREE_SIZED, CST_SIDE_UNKNOWN, block, given);
}

void free_aligned_sized(void *block, size_t align, size_t size)
{
    const struct cst_given given = {.has_size = true, .has_align = true, .size = size, .align = align};
    cst_hook_release(CUSTODY_DOOR_FREE_ALIGNED_SIZED, CST_SIDE_UNKNOWN, block, given);
}

static bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

int posix_memalign(void **out_block, size_t align, size_t size)
{
    if (!is_power_of_two(align) || align % sizeof(void *) != 0)
        return EINVAL;
    void *block = cst_hook_alloc(CUSTODY_DOOR_POSIX_MEMALIGN, CST_SIDE_UNKNOWN, size, align, false);
    if (!block)
        return ENOMEM;
    *out_block = block;
    return 0;
}

/* What memalign makes of an alignment: the next power of two, 0 when there is none. */
CST_INLINE size_t round_align(size_t align)
{
    if (align <= 1)
        return 1;
    if (align > SIZE_MAX / 2 + 1)
        return 0;
    return (size_t)1 << (64 - __builtin_clzl(align - 1));
}

CST_INLINE void *alloc_aligned(enum custody_door door, size_t align, size_t size)
{
    size_t rounded = round_align(align);
    if (rounded == 0) {
        errno = EINVAL;
        return NULL;
    }
    return cst_hook_alloc(door, CST_SIDE_UNKNOWN, size, rounded, false);
}

void *aligned_alloc(size_t align, size_t size)
{
    return alloc_aligned(CUSTODY_DOOR_ALIGNED_ALLOC, align, size);
}

void *memalign(size_t align, size_t size)
{
    return alloc_aligned(CUSTODY_DOOR_MEMALIGN, align, size);
}

void *valloc(size_t size)
{
    return cst_hook_alloc(CUSTODY_DOOR_VALLOC, CST_SIDE_UNKNOWN, size, CST_PAGE_SIZE, false);
}

void *pvalloc(size_t size)
{
    if (size > SIZE_MAX - CST_PAGE_SIZE)
        return cst_engine_no_memory();
    size_t pages = (size + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1);
    return cst_hook_alloc(CUSTODY_DOOR_PVALLOC, CST_SIDE_UNKNOWN, pages, CST_PAGE_SIZE, false);
}

/* Where nothing is audited, blocks are glibc's. */
CST_COLD static size_t usable_in_libc(void *block)
{
    size_t (*next)(void *) = NULL;
    *(void **)&next = NEXT("malloc_usable_size");
    return next ? next(block) : 0;
}

size_t malloc_usable_size(void *block)
{
    if (!block)
        return 0;
    if (CST_UNLIKELY(cst_start_failed() && !cst_boot_owns(block)))
        return usable_in_libc(block);
    return cst_inside_usable(block);
}
