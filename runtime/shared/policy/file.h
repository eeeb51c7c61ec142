/* A policy file as a whole: its lines become rules, in order, and all that is wrong is told, line by line. Works on text
 * that the caller holds, into an array of the caller's. No memory, no state. */
#ifndef CST_POLICY_FILE_H
#define CST_POLICY_FILE_H

#include "policy/line.h"

/** Largest file in bytes, and most rules of one: far beyond what people write, and small enough to look through. */
#define CST_POLICY_FILE_MAX ((size_t)1024 * 1024)
#define CST_POLICY_RULES_MAX 4096

/** Hears of one error. The error and its views are the caller's again afterwards. */
typedef void cst_policy_complain(const struct cst_policy_error *error, void *data);

/** How many rules `text` can have at most: an array of so many is large enough. At most CST_POLICY_RULES_MAX. */
size_t cst_policy_file_bound(struct cst_view text);

/** Reads `text` into `out_rules`, which has room for `bound` rules (cst_policy_file_bound). Returns how many there are.
 * Calls `complain` for each line that is not understood, in order; `out_errors` gets their number. With errors the rules
 * are of use for nothing but counting. */
size_t cst_policy_file_read(struct cst_view text, struct cst_policy_rule *out_rules, size_t bound,
                            cst_policy_complain *complain, void *data, size_t *out_errors);

/** A hash of the text, by which a file is known to be the one that was read (FNV-1a). */
uint64_t cst_policy_file_digest(struct cst_view text);

#endif
