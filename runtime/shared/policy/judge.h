/* Judging by rules: which rule of a policy speaks of a crossing, and what belongs to a side. Pure functions of rules and
 * plain facts; what only stacks can tell is asked of the caller. No memory, no state, no locks. */
#ifndef CST_POLICY_JUDGE_H
#define CST_POLICY_JUDGE_H

#include "policy/rule.h"

/** One party to a crossing. Texts are terminated. */
struct cst_policy_party {
    const char *side, *lang, *contract; /**< as in findings; never NULL */
    const char *module;                 /**< path; NULL when there is none */
    bool is_known;                      /**< it could be told who this is */
    bool acts_for_others;               /**< libc, the C++ runtime, Custody itself */
};

/** A release of a block by a party that differs from its owner, in side or contract. */
struct cst_policy_crossing {
    struct cst_policy_party from, to; /**< who made the block, who releases it */
    const char *call;                 /**< symbol through which it is released */
};

/** What the caller knows of stacks: true when a call of the stack of the allocation (`field` is FROM_FUNCTION) or of the
 * release (TO_FUNCTION) is in a function that the glob matches. */
typedef bool cst_policy_ask(enum cst_policy_field field, struct cst_view glob, void *data);

#define CST_POLICY_NO_RULE ((size_t)-1)

/** Index of the first of `count` rules that speaks of this crossing, or CST_POLICY_NO_RULE. Where it depends on stacks,
 * `ask` is called; without one (NULL), *out_asks is set to true instead, and the result says nothing. */
size_t cst_policy_find(const struct cst_policy_rule *rules, size_t count, const struct cst_policy_crossing *crossing,
                       cst_policy_ask *ask, void *data, bool *out_asks);

/** Index of the first `side` rule that code of this module (its path) in this language belongs to, or CST_POLICY_NO_RULE. */
size_t cst_policy_find_side(const struct cst_policy_rule *rules, size_t count, const char *module, const char *lang);

#endif
