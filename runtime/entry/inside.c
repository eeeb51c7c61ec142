/* Inside: see inside.h. */
#include "entry/inside.h"

#include "base/boot.h"
#include "core/adopted.h"
#include "core/count.h"
#include "core/engine.h"
#include "core/held.h"
#include "core/watch.h"
#include "entry/start.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* glibc's allocator under the names that nobody interposes. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static void *alloc_in_heap(size_t size, size_t align, bool zero)
{
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 >= CST_TAG_SIZE_MAX || !cst_heap_may_be_used())
        return NULL;
    void *block = cst_heap_alloc(0, rounded, align, zero);
    if (!block)
        return NULL;
    struct cst_tag *tag = cst_tag_claim((uintptr_t)block, rounded);
    cst_tag_write(tag,
                  cst_tag_facts(size, (unsigned)__builtin_ctzl(align),
                                cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN)),
                  cst_tag_sites((uintptr_t)block, 0, 0));
    return block;
}

static void *alloc_from_libc(size_t size, size_t align, bool zero)
{
    if (zero)
        return __libc_calloc(1, size);
    return align > CST_BLOCK_ALIGN ? __libc_memalign(align, size) : __libc_malloc(size);
}

void *cst_inside_alloc(size_t size, size_t align, bool zero)
{
    void *block = NULL;
    if (cst_held_heap())
        block = cst_boot_alloc(size, align);
    else if (cst_start_is_up())
        block = alloc_in_heap(size, align, zero);
    else if (cst_start_failed())
        block = alloc_from_libc(size, align, zero);
    else
        block = cst_boot_alloc(size, align);
    return block ? block : cst_engine_no_memory();
}

static struct cst_tag *live_tag(void *block)
{
    uintptr_t address = (uintptr_t)block;
    if (!cst_heap_has(address) || !cst_heap_may_be_used())
        return NULL;
    struct cst_tag *tag = cst_tag_of(address);
    return cst_tag_state(tag) == CST_STATE_LIVE && cst_tag_starts_at(tag, address) ? tag : NULL;
}

static void give_back(void *block, size_t rounded, size_t align)
{
    if (cst_held_heap()) {
        cst_held_keep(block);
        return;
    }
    cst_heap_release(block, rounded, align);
    while ((block = cst_held_take()))
        cst_heap_release(block, cst_heap_usable(block), CST_BLOCK_ALIGN);
}

void cst_inside_release(void *block)
{
    if (cst_boot_owns(block)) {
        cst_boot_release(block);
        return;
    }
    if (cst_start_failed()) {
        __libc_free(block);
        return;
    }
    struct cst_tag *tag = live_tag(block);
    if (!tag)
        return;
    size_t align = cst_tag_align(tag), rounded = cst_engine_round(cst_tag_size(tag), align);
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN && cst_thread.counts)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    bool is_forgotten = !cst_tag_is_watched(tag) || cst_watch_forget((uintptr_t)block);
    cst_tag_release(tag, 0);
    if (is_forgotten) /* no other block may come to where one is watched */
        give_back(block, rounded, align);
}

void *cst_inside_resize(void *block, size_t size)
{
    if (cst_start_failed() && !cst_boot_owns(block))
        return __libc_realloc(block, size);
    size_t readable = cst_inside_usable(block);
    void *fresh = cst_inside_alloc(size, CST_BLOCK_ALIGN, false);
    if (!fresh)
        return NULL;
    memcpy(fresh, block, readable < size ? readable : size);
    cst_inside_release(block);
    return fresh;
}

size_t cst_inside_usable(void *block)
{
    if (cst_boot_owns(block))
        return cst_boot_size(block);
    struct cst_adopted adopted;
    const struct cst_tag *tag = live_tag(block);
    if (tag)
        return cst_tag_size(tag);
    bool live = cst_adopted_find((uintptr_t)block, &adopted) && cst_tag_state(&adopted.tag) == CST_STATE_LIVE;
    return live ? cst_adopted_usable(&adopted) : 0;
}
