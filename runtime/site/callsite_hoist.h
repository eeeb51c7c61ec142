/* Calls through a register: a call through a word of memory all the same when the register can only hold what the calling
 * function loaded from that word, as compilers do to call one function several times, or without optimisation. Anything
 * less certain is a call through a function pointer, and no. */
#ifndef CST_SITE_CALLSITE_HOIST_H
#define CST_SITE_CALLSITE_HOIST_H

#include "site/callsite_image.h"

/** The word that the register call that returns to `return_address`, in `image`, can only have taken its target from: an
 * address near the code, perhaps outside every segment. False when that is not certain. */
CST_MUST_USE bool cst_hoist_slot(const struct cst_image *image, uintptr_t return_address, uintptr_t *out_slot);

#endif
