/* A finding in plain words, for stderr, when there is no log: a headline as a compiler writes it, where the block was
 * made and released, and what should have been called. */
#ifndef CST_AUDIT_PLAIN_H
#define CST_AUDIT_PLAIN_H

#include "audit/trace.h"
#include "base/text.h"
#include "core/finding.h"

/** Appends the lines of one finding. Traces as in the finding. */
void cst_plain_write(struct cst_text *text, const struct cst_finding *finding, const struct cst_trace *alloc,
                     const struct cst_trace *release, const struct cst_trace *first_release);

#endif
