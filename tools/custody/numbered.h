/* What numbers in logs are numbers of: objects and callbacks, loans, and leases are counted each by themselves, so that a
 * handle, a loan and a lease may have the same. */
#ifndef CST_TOOL_NUMBERED_H
#define CST_TOOL_NUMBERED_H

#include "audit_log.h"

#include <stdbool.h>

/** The word for it: "handle", "callback", "loan", "lease". */
const char *cst_numbered_word(enum cst_numbered what);

/** Reads "N", or "WORD:N" with such a word or "object", which is a handle. False when it is neither, or N is 0. */
bool cst_numbered_read(const char *text, enum cst_numbered *out_what, uint64_t *out_number);

/** What the number of an event `event` (handle, lend, lease) with the deed `deed` is the number of. */
enum cst_numbered cst_numbered_deed(const char *event, const char *deed);

/** What the number of a finding is the number of. */
enum cst_numbered cst_numbered_finding(const struct cst_log_finding *finding);

/** True when that is asked for, or anything of that number is. */
bool cst_numbered_is(const struct cst_log_interest *interest, enum cst_numbered what, uint64_t number);

#endif
