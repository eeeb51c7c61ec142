/* Calls through a register: the door all the same when the register can only hold what the calling function loaded from
 * the door's entry in the global offset table, as compilers do to call one function several times, or without
 * optimisation. Anything less certain is a call through a function pointer, and no. */
#ifndef CST_SITE_CALLSITE_HOIST_H
#define CST_SITE_CALLSITE_HOIST_H

#include "site/callsite_follow.h"

/** Whether the register call that returns to `return_address`, in `image`, can only have called the door itself. */
CST_MUST_USE bool cst_hoist_proven(const struct cst_image *image, uintptr_t return_address,
                                   const struct cst_goal *goal);

#endif
