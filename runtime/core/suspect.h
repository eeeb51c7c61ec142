/* Suspects: releases that are not the common case. Finds out what the pointer is, asks the rules, and tells; decides
 * nothing about memory. Slow paths only. */
#ifndef CST_CORE_SUSPECT_H
#define CST_CORE_SUSPECT_H

#include "core/adopted.h"
#include "core/engine.h"
#include "core/rules.h"
#include "core/tag.h"

/** What a released pointer turned out to be. */
struct cst_suspect {
    enum cst_target
        target; /**< BLOCK also for a pointer to what a library hands out, or takes, behind a header of its own: hit.start is the block */
    struct cst_tag_hit hit; /**< the block of our heap concerned; hit.tag is NULL when it is none */
    bool
        is_settled; /**< it is a live block's start, and nothing was to be said: the same release may have more such blocks */
    uint32_t crossing;          /**< with is_settled: where it is counted, or CST_CROSSING_NONE */
    bool is_adopted;            /**< the block is another allocator's: `adopted` says what is known */
    struct cst_adopted adopted; /**< valid with is_adopted */
};

/** The tag of the block concerned; NULL for FOREIGN and NOTHING. */
CST_INLINE const struct cst_tag *cst_suspect_tag(const struct cst_suspect *suspect)
{
    return suspect->is_adopted ? &suspect->adopted.tag : suspect->hit.tag;
}

/** Examines `address` as given to a release by `call`, tells what is wrong, if anything, and counts the crossing.
 * Takes the recursion guard. */
struct cst_suspect cst_suspect_examine(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                       const struct cst_given *given);

#endif
