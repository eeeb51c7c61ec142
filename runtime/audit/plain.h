/* A finding in plain words, for stderr, when there is no log: a headline as a compiler writes it, where the block was
 * made and released, and what should have been called. */
#ifndef CST_AUDIT_PLAIN_H
#define CST_AUDIT_PLAIN_H

#include "audit/told.h"
#include "audit/trace.h"
#include "base/text.h"
#include "core/finding.h"

/** The stacks of the finding, resolved. */
struct cst_plain_traces {
    const struct cst_trace *alloc, *release, *first_release;
    const struct cst_told_traces *told; /**< of the moments of its history; NULL when there is none */
};

/** Appends the lines of one finding. */
void cst_plain_write(struct cst_text *text, const struct cst_finding *finding, const struct cst_plain_traces *traces);

#endif
