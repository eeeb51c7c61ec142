/* A rule of a policy file (custody-policy(5)), as plain values that point into the file's text. */
#ifndef CST_POLICY_RULE_H
#define CST_POLICY_RULE_H

#include "policy/view.h"

#include <stdint.h>

/** What begins a rule. */
enum cst_policy_verb {
#define CST_POLICY_VERB(ID, word) CST_POLICY_##ID,
#include "policy/words.def"
    CST_POLICY_VERB_COUNT
};

/** What a rule may say. */
enum cst_policy_field {
#define CST_POLICY_FIELD(ID, word, group, shape) CST_POLICY_##ID,
#include "policy/words.def"
    CST_POLICY_FIELD_COUNT
};

/** One rule. All views point into the text that it was read from. */
struct cst_policy_rule {
    enum cst_policy_verb verb;
    uint32_t line;                                  /**< of the file, from 1 */
    struct cst_view text;                           /**< the line without the blanks around it */
    struct cst_view name;                           /**< `side`, `isolate`: the name of the side; else no text */
    struct cst_view fields[CST_POLICY_FIELD_COUNT]; /**< globs; no text where the rule does not say */
};

/** The word of a verb, of a field. Static strings. */
const char *cst_policy_verb_word(enum cst_policy_verb verb);
const char *cst_policy_field_word(enum cst_policy_field field);

/** True when the rule says anything about this field. */
static inline bool cst_policy_says(const struct cst_policy_rule *rule, enum cst_policy_field field)
{
    return rule->fields[field].bytes != NULL;
}

#endif
