/* The engine's slow paths: see engine.h. */
#include "core/engine.h"

#include "base/boot.h"
#include "core/suspect.h"

#include <errno.h>
#include <string.h>

struct cst_engine_settings cst_engine_settings;

void *cst_engine_no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/* Takes the tag of a live block and counts it out, whoever owned it. Blocks that the runtime's own calls into libc made
 * were never counted in. */
static void take(struct cst_tag *tag, uint32_t release_stack)
{
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(tag), cst_tag_size(tag));
    cst_tag_release(tag, release_stack);
}

void cst_engine_retag(const struct cst_call *call, void *block, size_t align)
{
    uintptr_t address = (uintptr_t)block;
    if (!cst_tag_covers(address))
        return;
    struct cst_tag *tag = cst_tag_of(address);
    if (cst_tag_state(tag) != CST_STATE_LIVE || !cst_tag_starts_at(tag, address))
        return;
    struct cst_origin origin = cst_origin_of(call);
    size_t size = cst_tag_size(tag), made_align = cst_tag_align(tag);
    take(tag, 0);
    cst_engine_tag(address, cst_engine_round(size, made_align), size, align > made_align ? align : made_align, &origin);
}

static struct cst_suspect examine(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                  const struct cst_given *given)
{
    uint8_t mode = cst_thread.mode;
    cst_thread.mode = CST_THREAD_INSIDE;
    struct cst_suspect suspect = cst_suspect_examine(call, origin, address, given);
    cst_thread.mode = mode;
    return suspect;
}

void cst_engine_release_slow(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                             const struct cst_given *given)
{
    if (cst_boot_owns((void *)address))
        return;
    int saved = errno;
    struct cst_suspect suspect = examine(call, origin, address, given);
    if (suspect.target == CST_TARGET_BLOCK) {
        struct cst_tag *tag = suspect.hit.tag;
        size_t align = cst_tag_align(tag), rounded = cst_engine_round(cst_tag_size(tag), align);
        take(tag, origin->stack);
        cst_heap_release((void *)address, rounded, align);
    }
    errno = saved;
}

/* A live block of ours gets a new size and the caller as its maker. */
static void *resize_block(const struct cst_origin *origin, struct cst_tag *tag, void *block, size_t size, size_t align)
{
    size_t rounded = cst_engine_round(size, align);
    if (rounded - 1 >= CST_TAG_SIZE_MAX)
        return cst_engine_no_memory();
    struct cst_tag before = *tag;
    cst_tag_release(tag, origin->stack);
    void *moved = cst_heap_resize(block, rounded, align);
    if (!moved) {
        *tag = before;
        return cst_engine_no_memory();
    }
    if (cst_tag_contract(&before) != CUSTODY_CONTRACT_UNKNOWN)
        cst_count_free(cst_tag_side(&before), cst_tag_size(&before));
    cst_engine_tag((uintptr_t)moved, rounded, size, align, origin);
    return moved;
}

void *cst_engine_resize(const struct cst_call *call, void *block, size_t size, size_t align, struct cst_given given)
{
    uintptr_t address = (uintptr_t)block;
    struct cst_origin origin = cst_origin_of(call);
    if (cst_tag_covers(address)) {
        struct cst_tag *tag = cst_tag_of(address);
        if (cst_engine_is_plain(tag, &origin, address, &given))
            return resize_block(&origin, tag, block, size, align);
    }
    return cst_engine_resize_slow(call, &origin, block, size, align, &given);
}

/* A block that cannot be resized where it is: a fresh one with what can still be read of it. */
static void *replace(const struct cst_call *call, const void *from, size_t readable, size_t size, size_t align)
{
    void *fresh = cst_engine_alloc(call, size, align, false);
    if (fresh)
        memcpy(fresh, from, readable < size ? readable : size);
    return fresh;
}

void *cst_engine_resize_slow(const struct cst_call *call, const struct cst_origin *origin, void *block, size_t size,
                             size_t align, const struct cst_given *given)
{
    if (cst_boot_owns(block))
        return replace(call, block, cst_boot_size(block), size, align);
    uintptr_t address = (uintptr_t)block;
    struct cst_suspect suspect = examine(call, origin, address, given);
    const struct cst_tag *tag = suspect.hit.tag;
    switch (suspect.target) {
    case CST_TARGET_BLOCK: return resize_block(origin, suspect.hit.tag, block, size, align);
    case CST_TARGET_RELEASED: return replace(call, block, cst_tag_size(tag), size, align);
    case CST_TARGET_INTERIOR:
        return replace(call, block, cst_tag_size(tag) - (address - suspect.hit.start), size, align);
    case CST_TARGET_FOREIGN:
    case CST_TARGET_NOTHING: break;
    }
    return cst_engine_no_memory();
}
