/* Rules in words; see policy_words.h. Views of rules hold no control characters: the parser has seen to that. */
#include "policy_words.h"

static void print_view(FILE *out, struct cst_view view)
{
    fprintf(out, "%.*s", (int)view.length, view.bytes);
}

/* Prints `before` and what the rule says of the field, if it does. */
static void print_field(FILE *out, const struct cst_policy_rule *rule, enum cst_policy_field field, const char *before)
{
    if (cst_policy_says(rule, field)) {
        fputs(before, out);
        print_view(out, rule->fields[field]);
    }
}

static void print_party(FILE *out, const struct cst_policy_rule *rule, enum cst_policy_field side,
                        enum cst_policy_field lang, enum cst_policy_field module)
{
    if (cst_policy_says(rule, side)) {
        print_view(out, rule->fields[side]);
    } else {
        fputs("any side", out);
    }
    print_field(out, rule, lang, " in ");
    print_field(out, rule, module, " in the module ");
}

static void print_crossing(FILE *out, const struct cst_policy_rule *rule)
{
    fputs("a block of ", out);
    print_party(out, rule, CST_POLICY_FROM, CST_POLICY_FROM_LANG, CST_POLICY_FROM_MODULE);
    print_field(out, rule, CST_POLICY_FROM_CONTRACT, ", made under the contract ");
    print_field(out, rule, CST_POLICY_FROM_FUNCTION, ", made in or below ");
    fputs(", released by ", out);
    print_party(out, rule, CST_POLICY_TO, CST_POLICY_TO_LANG, CST_POLICY_TO_MODULE);
    print_field(out, rule, CST_POLICY_CALL, " with ");
    print_field(out, rule, CST_POLICY_TO_CONTRACT, ", under the contract ");
    print_field(out, rule, CST_POLICY_TO_FUNCTION, ", in or below ");
    print_field(out, rule, CST_POLICY_CONTRACT, "; both under the contract ");
}

static void print_side(FILE *out, const struct cst_policy_rule *rule)
{
    fputs("what ", out);
    if (cst_policy_says(rule, CST_POLICY_MODULE)) {
        print_view(out, rule->fields[CST_POLICY_MODULE]);
    } else {
        fputs("any module", out);
    }
    fputs(" does", out);
    print_field(out, rule, CST_POLICY_LANG, " in ");
    fputs(" belongs to the side ", out);
    print_view(out, rule->name);
}

void cst_policy_words_print(FILE *out, const struct cst_policy_rule *rule)
{
    switch (rule->verb) {
    case CST_POLICY_SIDE:
        print_side(out, rule);
        break;
    case CST_POLICY_ISOLATE:
        fputs("the side ", out);
        print_view(out, rule->name);
        fputs(" has a heap of its own", out);
        break;
    case CST_POLICY_ALLOW:
        fputs("fine: ", out);
        print_crossing(out, rule);
        break;
    case CST_POLICY_FORBID:
        fputs("an error: ", out);
        print_crossing(out, rule);
        break;
    case CST_POLICY_VERB_COUNT:
        break;
    }
}
