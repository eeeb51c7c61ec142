/* Rules of policy files in words, so that who wrote one sees what it says. */
#ifndef CST_TOOL_POLICY_WORDS_H
#define CST_TOOL_POLICY_WORDS_H

#include "policy/rule.h"

#include <stdio.h>

/** Prints the rule as a sentence, without a line break. */
void cst_policy_words_print(FILE *out, const struct cst_policy_rule *rule);

#endif
