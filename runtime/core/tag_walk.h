/* Going over the tags of a part of the heap, in order of address. Inline: it is done for every block there is, and what is
 * done with each is little. */
#ifndef CST_CORE_TAG_WALK_H
#define CST_CORE_TAG_WALK_H

#include "core/tag.h"

typedef void cst_tag_visit(uintptr_t start, struct cst_tag *tag, void *data);

/** Visits the live blocks that start in `page`; returns the end of the last. */
CST_INLINE uintptr_t cst_tag_walk_page(uintptr_t page, cst_tag_visit *visit, void *data)
{
    uintptr_t end = page;
    uint8_t density = cst_tag_page_density(page);
    struct cst_tag *tag = cst_tag_slot(page, density);
    for (const struct cst_tag *behind = tag + ((size_t)1 << density); tag < behind; tag++) {
        if (cst_tag_state(tag) != CST_STATE_LIVE)
            continue;
        uintptr_t start = cst_tag_start_in(page, tag);
        end = start + cst_tag_size(tag);
        visit(start, tag, data);
    }
    return end;
}

/** Calls `visit` for the live block in each slot of [from, to) (page-aligned), in order of address. */
CST_INLINE void cst_tag_walk(uintptr_t from, uintptr_t to, cst_tag_visit *visit, void *data)
{
    for (uintptr_t page = from; page < to;) {
        uintptr_t end = cst_tag_walk_page(page, visit, data) & ~(uintptr_t)(CST_PAGE_SIZE - 1);
        uintptr_t next = page + CST_PAGE_SIZE;
        page = end > next ? end : next;
    }
}

#endif
