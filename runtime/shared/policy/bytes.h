/* What a line of a policy file may be made of: UTF-8 (RFC 3629), and of control characters the tab alone. No state. */
#ifndef CST_POLICY_BYTES_H
#define CST_POLICY_BYTES_H

#include "policy/view.h"

/** True when all of `line` is such. Otherwise `out_at` gets the offset of the first byte that is not, and `out_why` a static
 * string that says what is wrong with it. */
bool cst_policy_bytes_check(struct cst_view line, size_t *out_at, const char **out_why);

#endif
