/* Portraits: see portrait.h. */
#include "core/portrait.h"

#include "core/adopted.h"
#include "core/heap.h"
#include "core/place.h"
#include "core/stacks.h"

bool cst_portrait_in_heap(uintptr_t address, struct cst_portrait *out_portrait)
{
    *out_portrait = (struct cst_portrait){.place = CST_PLACE_NONE};
    if (!cst_tag_covers(address))
        return false;
    struct cst_tag_hit hit = cst_heap_find(address);
    out_portrait->place = CST_PLACE_HEAP;
    if (hit.tag)
        out_portrait->tag = cst_tag_read(hit.tag);
    out_portrait->start = hit.start;
    /* Blocks of the runtime's own have no contract, and are nothing to speak of. */
    out_portrait->has_block = hit.tag && cst_tag_contract(&out_portrait->tag) != CUSTODY_CONTRACT_UNKNOWN &&
                              cst_tag_state(&out_portrait->tag) != CST_STATE_NONE;
    return true;
}

void cst_portrait_take(uintptr_t address, struct cst_portrait *out_portrait)
{
    struct cst_stack_bounds stack;
    struct cst_adopted adopted;
    if (cst_portrait_in_heap(address, out_portrait))
        return;
    size_t count = cst_stacks_find(address, &stack);
    out_portrait->place =
        cst_place_find(address, &stack, count, out_portrait->place_name, sizeof out_portrait->place_name);
    if (cst_adopted_find(address, &adopted)) {
        out_portrait->has_block = true;
        out_portrait->start = address;
        out_portrait->tag = adopted.tag;
    }
}
