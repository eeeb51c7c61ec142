/* The words of rules: see rule.h. */
#include "policy/rule.h"

const char *cst_policy_verb_word(enum cst_policy_verb verb)
{
    static const char *const words[] = {
#define CST_POLICY_VERB(ID, word) word,
#include "policy/words.def"
    };
    return words[verb];
}

const char *cst_policy_field_word(enum cst_policy_field field)
{
    static const char *const words[] = {
#define CST_POLICY_FIELD(ID, word, group, shape) word,
#include "policy/words.def"
    };
    return words[field];
}
