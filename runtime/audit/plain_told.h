/* In plain words, for stderr: findings about what the program told of (objects, blocks of the ledger, buffers, callbacks),
 * and their history. A part of plain.c; the tool's headline.c says the same. */
#ifndef CST_AUDIT_PLAIN_TOLD_H
#define CST_AUDIT_PLAIN_TOLD_H

#include "audit/told.h"
#include "base/text.h"
#include "core/finding.h"

/** The sentence of a finding that has `told`: "ledger of libledger.so (c), given to custody_check by client (c)". */
void cst_plain_told_write(struct cst_text *text, const struct cst_finding *finding);

/** A line for each moment: who did what, and where. `traces` may be NULL. */
void cst_plain_told_write_history(struct cst_text *text, const struct cst_told *told,
                                  const struct cst_told_traces *traces);

#endif
