/* Keys: what makes two findings, also of two runs or two processes, the same finding. */
#ifndef CST_AUDIT_KEY_H
#define CST_AUDIT_KEY_H

#include "audit/trace.h"
#include "custody/words.h"

#include <stdint.h>

/** A hash of the kind's name and of the module names and offsets in both traces. Addresses, ids, sizes and build-ids
 * stay out of it, so it outlives reruns and machines, but not a rebuild that moves code. */
uint64_t cst_key_make(enum custody_finding_kind kind, const struct cst_trace *alloc, const struct cst_trace *release);

#endif
