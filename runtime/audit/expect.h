/* Advice: what should have been called instead, in one English clause without a full stop. Pure. */
#ifndef CST_AUDIT_EXPECT_H
#define CST_AUDIT_EXPECT_H

#include "base/text.h"
#include "core/finding.h"

/** Room for any advice, names of ordinary length included, bytes. */
#define CST_EXPECT_SIZE 512

/** Appends the advice for this finding; never nothing. */
void cst_expect_write(struct cst_text *text, const struct cst_finding *finding);

/** What was called: a function of the ownership API, or a door. Static string. */
const char *cst_expect_call(const struct cst_finding *finding);

/** Name of a place as the log spells it: "stack", "static", ...; NULL for CST_PLACE_NONE. Static string. */
const char *cst_expect_place_name(enum cst_place place);

#endif
