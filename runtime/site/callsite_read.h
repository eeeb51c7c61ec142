/* Reads one call site from the code in memory: who entered the door. The slow half of callsite.h, without its
 * table. No lock may be held: modules may be registered on the way. */
#ifndef CST_SITE_CALLSITE_READ_H
#define CST_SITE_CALLSITE_READ_H

#include "site/callsite.h"
#include "site/callsite_follow.h"

struct cst_callsite_reading {
    enum cst_callsite_how how;
    struct cst_caller caller;   /**< that made the call; without a module when `how` is UNKNOWN */
    bool passing;               /**< good for this call only: read the next one anew (struct cst_tail) */
    struct cst_grounds grounds; /**< variables that it rests on */
};

/** How the call that returns to `return_address` came to `goal`. */
struct cst_callsite_reading cst_callsite_read(uintptr_t return_address, const struct cst_goal *goal);

/** An address in the function that made the call that returns to `return_address`, of a function of the API: in the code in
 * front of it, or, where that called a function of another module that went on by a jump, in that function. */
uintptr_t cst_callsite_maker(uintptr_t return_address);

/** True when the bytes in front of `return_address` are code of a module and may be read as a call. */
CST_MUST_USE bool cst_callsite_plausible(uintptr_t return_address);

#endif
