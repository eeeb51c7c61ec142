/* What a word points to, for a mark (reach.h): the live block around an address, in a bounded number of steps, and whether
 * a pointer into its middle is as good as one to its beginning. */
#ifndef CST_CORE_REACH_FIND_H
#define CST_CORE_REACH_FIND_H

#include "core/reach.h"

CST_INLINE uintptr_t cst_reach_page_of(uintptr_t address)
{
    return address & ~(uintptr_t)(CST_PAGE_SIZE - 1);
}

/** The last live block that starts before `address`, and where, as far as one that starts there could reach it; NULL when
 * there is none. The slow way of cst_reach_find. */
CST_MUST_USE struct cst_tag *cst_reach_find_before(const struct cst_reach *reach, uintptr_t address,
                                                   uintptr_t *out_start);

/** The tag of the live block that `address` points to or into, which must lie where the heap has memory, and where that
 * block starts; NULL when there is none. A block of no bytes is met by its own address only. */
CST_INLINE CST_MUST_USE struct cst_tag *cst_reach_find(const struct cst_reach *reach, uintptr_t address,
                                                       uintptr_t *out_start)
{
    struct cst_tag *tag = cst_tag_of(address);
    *out_start = cst_tag_start_in(cst_reach_page_of(address), tag);
    if (cst_tag_state(tag) != CST_STATE_LIVE || *out_start > address)
        tag = cst_reach_find_before(reach, address, out_start);
    size_t size = tag ? cst_tag_size(tag) : 0;
    return tag && address - *out_start < (size ? size : 1) ? tag : NULL;
}

/** True when a pointer to `address` keeps the block of `tag`, which starts at `start`, as one to its beginning would. */
CST_MUST_USE bool cst_reach_is_whole(const struct cst_reach *reach, const struct cst_tag *tag, uintptr_t start,
                                     uintptr_t address);

/** True when any byte of [lo, hi) cannot be read as it is. */
CST_MUST_USE bool cst_reach_is_barred(const struct cst_reach *reach, uintptr_t lo, uintptr_t hi);

#endif
