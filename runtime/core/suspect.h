/* Suspects: releases that are not the common case. Finds out what the pointer is, asks the rules, and tells; decides
 * nothing about memory. Slow paths only, under the recursion guard. */
#ifndef CST_CORE_SUSPECT_H
#define CST_CORE_SUSPECT_H

#include "core/engine.h"
#include "core/rules.h"
#include "core/tag.h"

/** What a released pointer turned out to be. */
struct cst_suspect {
    enum cst_target target; /**< BLOCK also for a pointer that a library handed out behind a header of its own */
    struct cst_tag_hit hit; /**< the block concerned; hit.tag is NULL for FOREIGN and NOTHING */
};

/** Examines `address` as given to a release by `call`, tells what is wrong, if anything, and counts the crossing. */
struct cst_suspect cst_suspect_examine(const struct cst_call *call, const struct cst_origin *origin, uintptr_t address,
                                       const struct cst_given *given);

#endif
