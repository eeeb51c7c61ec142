/* Judging by rules: see judge.h. */
#include "policy/judge.h"

#include "policy/glob.h"

/* True when the rule says nothing of the field, or what it says fits. */
static bool field_fits(const struct cst_policy_rule *rule, enum cst_policy_field field, const char *fact)
{
    return !cst_policy_says(rule, field) || (fact && cst_glob_fits(rule->fields[field], cst_view_of(fact)));
}

static bool path_fits(const struct cst_policy_rule *rule, enum cst_policy_field field, const char *path)
{
    return !cst_policy_says(rule, field) || (path && cst_glob_fits_path(rule->fields[field], cst_view_of(path)));
}

static bool parties_fit(const struct cst_policy_rule *rule, const struct cst_policy_party *from,
                        const struct cst_policy_party *to)
{
    return field_fits(rule, CST_POLICY_FROM, from->side) && field_fits(rule, CST_POLICY_TO, to->side) &&
           field_fits(rule, CST_POLICY_FROM_LANG, from->lang) && field_fits(rule, CST_POLICY_TO_LANG, to->lang) &&
           path_fits(rule, CST_POLICY_FROM_MODULE, from->module) && path_fits(rule, CST_POLICY_TO_MODULE, to->module);
}

static bool contracts_fit(const struct cst_policy_rule *rule, const struct cst_policy_crossing *crossing)
{
    const char *from = crossing->from.contract, *to = crossing->to.contract;
    return field_fits(rule, CST_POLICY_CONTRACT, from) && field_fits(rule, CST_POLICY_CONTRACT, to) &&
           field_fits(rule, CST_POLICY_FROM_CONTRACT, from) && field_fits(rule, CST_POLICY_TO_CONTRACT, to);
}

/* Releasing with another allocator than the block's is allowed only where both are named. */
static bool may_allow(const struct cst_policy_rule *rule, const struct cst_policy_crossing *crossing)
{
    bool same = strcmp(crossing->from.contract, crossing->to.contract) == 0;
    return same || (cst_policy_says(rule, CST_POLICY_FROM_CONTRACT) && cst_policy_says(rule, CST_POLICY_TO_CONTRACT));
}

/* Who acts for others is meant only by who spells its name out. */
static bool reaches(const struct cst_policy_rule *rule, const struct cst_policy_party *party,
                    enum cst_policy_field side, enum cst_policy_field module)
{
    return !party->acts_for_others ||
           (cst_policy_says(rule, side) && cst_glob_spells(rule->fields[side], cst_view_of(party->side))) ||
           (cst_policy_says(rule, module) && cst_glob_spells(rule->fields[module], cst_view_of(party->side)));
}

/* Sides of one name differ in nothing but the language. */
static bool tells_apart(const struct cst_policy_rule *rule, const struct cst_policy_crossing *crossing)
{
    return strcmp(crossing->from.side, crossing->to.side) != 0 || cst_policy_says(rule, CST_POLICY_FROM_LANG) ||
           cst_policy_says(rule, CST_POLICY_TO_LANG);
}

static bool may_forbid(const struct cst_policy_rule *rule, const struct cst_policy_crossing *crossing)
{
    return crossing->from.is_known && crossing->to.is_known && tells_apart(rule, crossing) &&
           reaches(rule, &crossing->from, CST_POLICY_FROM, CST_POLICY_FROM_MODULE) &&
           reaches(rule, &crossing->to, CST_POLICY_TO, CST_POLICY_TO_MODULE);
}

static bool is_about(const struct cst_policy_rule *rule, const struct cst_policy_crossing *crossing)
{
    if (rule->verb != CST_POLICY_ALLOW && rule->verb != CST_POLICY_FORBID)
        return false;
    if (!contracts_fit(rule, crossing) || !parties_fit(rule, &crossing->from, &crossing->to) ||
        !field_fits(rule, CST_POLICY_CALL, crossing->call))
        return false;
    return rule->verb == CST_POLICY_ALLOW ? may_allow(rule, crossing) : may_forbid(rule, crossing);
}

static bool needs_stacks(const struct cst_policy_rule *rule)
{
    return cst_policy_says(rule, CST_POLICY_FROM_FUNCTION) || cst_policy_says(rule, CST_POLICY_TO_FUNCTION);
}

static bool functions_fit(const struct cst_policy_rule *rule, cst_policy_ask *ask, void *data)
{
    static const enum cst_policy_field fields[] = {CST_POLICY_TO_FUNCTION, CST_POLICY_FROM_FUNCTION};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (cst_policy_says(rule, fields[i]) && !ask(fields[i], rule->fields[fields[i]], data))
            return false;
    return true;
}

size_t cst_policy_find(const struct cst_policy_rule *rules, size_t count, const struct cst_policy_crossing *crossing,
                       cst_policy_ask *ask, void *data, bool *out_asks)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_about(&rules[i], crossing))
            continue;
        if (!ask && needs_stacks(&rules[i])) {
            *out_asks = true;
            return CST_POLICY_NO_RULE;
        }
        if (functions_fit(&rules[i], ask, data))
            return i;
    }
    return CST_POLICY_NO_RULE;
}

size_t cst_policy_find_side(const struct cst_policy_rule *rules, size_t count, const char *module, const char *lang)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].verb == CST_POLICY_SIDE && path_fits(&rules[i], CST_POLICY_MODULE, module) &&
            field_fits(&rules[i], CST_POLICY_LANG, lang))
            return i;
    return CST_POLICY_NO_RULE;
}
