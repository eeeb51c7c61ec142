/* Live blocks: see live.h. One pass over the tags fills a uthash table in pool memory; it is not reused, since this runs
 * once at exit. */
#include "core/live.h"

#include "base/table.h"
#include "core/heap.h"
#include "core/tag.h"
#include "core/thread.h"

struct sum {
    uint64_t key; /* side, contract, stack */
    struct cst_live live;
    UT_hash_handle hh;
};

struct pass {
    bool by_stack;
    struct sum *sums;
};

static struct sum *find_or_add(struct pass *pass, const struct cst_tag *tag, uint32_t stack)
{
    uint64_t key = (uint64_t)cst_tag_side(tag) << 32 | (uint64_t)cst_tag_contract(tag) << 24 | stack;
    struct sum *sum = NULL;
    HASH_FIND(hh, pass->sums, &key, sizeof key, sum);
    if (sum || !(sum = cst_pool_alloc(sizeof *sum)))
        return sum;
    sum->key = key;
    sum->live = (struct cst_live){.side = cst_tag_side(tag), .contract = cst_tag_contract(tag), .stack = stack};
    HASH_ADD(hh, pass->sums, key, sizeof key, sum);
    return sum->hh.tbl ? sum : NULL;
}

static void add(uintptr_t start, const struct cst_tag *tag, void *data)
{
    struct pass *pass = data;
    if (cst_tag_contract(tag) == CUSTODY_CONTRACT_UNKNOWN || cst_tag_generation(tag) != cst_thread.generation)
        return;
    struct sum *sum = find_or_add(pass, tag, pass->by_stack ? cst_tag_alloc_stack(tag) : 0);
    if (!sum && !(sum = find_or_add(pass, tag, 0)))
        return;
    sum->live.blocks++;
    sum->live.bytes += cst_tag_size(tag);
    sum->live.example = start;
    sum->live.example_size = cst_tag_size(tag);
}

static void add_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_each_live(from, to, add, data);
}

static int more_bytes_first(const struct sum *a, const struct sum *b)
{
    return (a->live.bytes < b->live.bytes) - (a->live.bytes > b->live.bytes);
}

size_t cst_live_each(bool by_stack, void (*visit)(const struct cst_live *live, void *data), void *data)
{
    struct pass pass = {.by_stack = by_stack};
    cst_heap_each_part(add_part, &pass);
    HASH_SORT(pass.sums, more_bytes_first);
    for (const struct sum *sum = pass.sums; sum; sum = sum->hh.next)
        visit(&sum->live, data);
    return HASH_COUNT(pass.sums);
}
