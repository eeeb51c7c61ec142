/* Tail jumps: whose code a function hands control on from, when a call to it arrived at a door that it never calls.
 * Reads the code of every function that can be reached by jumps alone; one answer for all ways to the door, or none. */
#ifndef CST_SITE_CALLSITE_TAIL_H
#define CST_SITE_CALLSITE_TAIL_H

#include "site/callsite.h"
#include "site/callsite_follow.h"

struct cst_tail {
    enum cst_callsite_how
        how; /**< TAIL, RUST; UNKNOWN when no jump, or jumps of several callers, or unreadable ones lead on */
    struct cst_caller caller; /**< whose code jumped; without a module when unknown */
    bool passing;             /**< see below */
};

/** How a call to the function of `start` (of kind CST_LAND_FUNCTION) came to the door. Jumps through stubs that the dynamic
 * linker has not bound yet were never taken, so they do not count against the answer; but a later call may take one: then
 * `passing` is true, and the answer good for this call only. Variables that functions jump through are added to `grounds`. */
struct cst_tail cst_tail_trace(const struct cst_landing *start, const struct cst_goal *goal,
                               struct cst_grounds *grounds);

#endif
