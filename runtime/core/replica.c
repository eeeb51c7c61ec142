/* Guarded copies: see replica.h. */
#include "core/replica.h"

#include "core/buffer.h"
#include "core/engine.h"
#include "core/guard.h"

#include <string.h>

static size_t alignment_of(uintptr_t address)
{
    size_t align = address & -address;
    if (align > CST_PAGE_SIZE || align == 0)
        return CST_PAGE_SIZE;
    return align < CST_BLOCK_ALIGN ? CST_BLOCK_ALIGN : align;
}

/* A live block of no contract: what the runtime's own calls into libc make looks the same. */
static void *alloc_unowned(size_t size, size_t align)
{
    size_t rounded = cst_engine_round(size, align);
    void *block = cst_heap_alloc(0, rounded, align, false);
    if (!block)
        return NULL;
    uint16_t nobody = cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN);
    uint64_t facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), nobody);
    cst_tag_write(cst_tag_claim((uintptr_t)block, rounded), facts,
                  cst_tag_sites((uintptr_t)block, 0, cst_thread.generation));
    return block;
}

bool cst_replica_make(size_t size, uintptr_t like, uint64_t seed, struct cst_replica *out_copy)
{
    size_t align = alignment_of(like), front = align > CST_REPLICA_FRONT ? align : CST_REPLICA_FRONT;
    *out_copy = (struct cst_replica){.memory = NULL};
    unsigned char *block = size <= CST_REPLICA_MAX ? alloc_unowned(front + size + CST_REPLICA_BACK, align) : NULL;
    if (!block)
        return false;
    *out_copy = (struct cst_replica){.memory = block + front, .size = size, .block = (uintptr_t)block, .seed = seed};
    cst_guard_lay(out_copy->memory - CST_REPLICA_FRONT, CST_REPLICA_FRONT, seed);
    cst_guard_lay(out_copy->memory + size, CST_REPLICA_BACK, ~seed);
    return true;
}

size_t cst_replica_damage_before(const struct cst_replica *copy)
{
    return cst_guard_damage_from(copy->memory - CST_REPLICA_FRONT, CST_REPLICA_FRONT, copy->seed);
}

size_t cst_replica_damage_behind(const struct cst_replica *copy)
{
    return cst_guard_damage_up_to(copy->memory + copy->size, CST_REPLICA_BACK, ~copy->seed);
}

uint64_t cst_replica_sum(const struct cst_replica *copy)
{
    return cst_buffer_sum_known(0, copy->memory - CST_REPLICA_FRONT, cst_replica_bytes(copy));
}

static struct cst_tag *tag_of(const struct cst_replica *copy)
{
    return cst_tag_of(copy->block);
}

void cst_replica_retire(const struct cst_replica *copy)
{
    cst_tag_release(tag_of(copy), 0);
}

void cst_replica_release(struct cst_replica *copy)
{
    if (!copy->memory)
        return;
    struct cst_tag *tag = tag_of(copy);
    if (cst_tag_state(tag) == CST_STATE_LIVE)
        cst_tag_release(tag, 0);
    size_t align = cst_tag_align(tag);
    cst_heap_release((void *)copy->block, cst_engine_round(cst_tag_size(tag), align), align);
    *copy = (struct cst_replica){.memory = NULL};
}
