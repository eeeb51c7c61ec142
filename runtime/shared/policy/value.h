/* What the value of a field in a policy file may be: some globs have to match a word that there is, so that a slip is not a
 * rule that never applies. No state. */
#ifndef CST_POLICY_VALUE_H
#define CST_POLICY_VALUE_H

#include "policy/message.h"
#include "policy/rule.h"

/** What a field's glob is held against. */
enum cst_policy_shape {
    CST_POLICY_SHAPE_NAME,
    CST_POLICY_SHAPE_PATH,
    CST_POLICY_SHAPE_FUNCTION,
    CST_POLICY_SHAPE_LANG,
    CST_POLICY_SHAPE_CONTRACT,
    CST_POLICY_SHAPE_CALL,
};

enum cst_policy_shape cst_policy_field_shape(enum cst_policy_field field);

/** True when `value` can match something as far as that is known beforehand; otherwise appends what is wrong. */
bool cst_policy_value_check(enum cst_policy_shape shape, struct cst_view value, struct cst_message *out_why);

#endif
