/* Reads one call site from the code in memory: which module entered the door. The slow half of callsite.h, without its
 * table. No lock may be held: modules may be registered on the way. */
#ifndef CST_SITE_CALLSITE_READ_H
#define CST_SITE_CALLSITE_READ_H

#include "site/callsite.h"
#include "site/callsite_follow.h"

/** How the call that returns to `return_address` came to `goal`; the module that made it goes to `out_module`, NULL when
 * the answer is CST_HOW_UNKNOWN. */
enum cst_callsite_how cst_callsite_read(uintptr_t return_address, const struct cst_goal *goal,
                                        const struct cst_module **out_module);

/** True when the bytes in front of `return_address` are code of a module and may be read as a call. */
CST_MUST_USE bool cst_callsite_plausible(uintptr_t return_address);

#endif
