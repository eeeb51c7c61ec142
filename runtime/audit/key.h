/* Keys: what makes two findings, also of two runs or two processes, the same finding. */
#ifndef CST_AUDIT_KEY_H
#define CST_AUDIT_KEY_H

#include "audit/trace.h"
#include "core/finding.h"

#include <stdint.h>

/** A hash of the kind's name, of a leak's class and holder, and of each frame of both traces: the name of its
 * module, the name of its function without decorations (decoration.h) and the offset in it; where no function is known, the
 * offset in the module; of what the program told of, its type and the trace `made` of its first moment (NULL for none). Addresses, ids,
 * sizes and build-ids stay out of it. So it outlives reruns and machines, and a build in which the functions of the traces
 * are as they were, wherever they lie. */
uint64_t cst_key_make(const struct cst_finding *finding, const struct cst_trace *alloc, const struct cst_trace *release,
                      const struct cst_trace *made);

#endif
