/* Tail jumps: which module a function hands control on from, when a call to it arrived at a door that it never calls.
 * Reads the code of every function that can be reached by jumps alone; one answer for all ways to the door, or none. */
#ifndef CST_SITE_CALLSITE_TAIL_H
#define CST_SITE_CALLSITE_TAIL_H

#include "site/callsite.h"
#include "site/callsite_follow.h"

/** How a call to the function of `start` (of kind CST_LAND_FUNCTION) came to the door: CST_HOW_TAIL or CST_HOW_RUST with
 * the id of the module in `out_module`. CST_HOW_UNKNOWN when no jump, or jumps of several modules, or jumps that cannot be
 * read lead on. */
enum cst_callsite_how cst_tail_trace(const struct cst_landing *start, const struct cst_goal *goal, uint32_t *out_module);

#endif
