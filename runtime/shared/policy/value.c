/* Values of fields: see value.h. The words are those of include/custody. */
#include "policy/value.h"

#include "custody/words.h"
#include "policy/glob.h"

enum cst_policy_shape cst_policy_field_shape(enum cst_policy_field field)
{
    static const enum cst_policy_shape shapes[] = {
#define CST_POLICY_FIELD(ID, word, group, shape) CST_POLICY_SHAPE_##shape,
#include "policy/words.def"
    };
    return shapes[field];
}

static const char *const languages[] = {"c", "c++", "rust", "unknown", NULL};

/* Contracts that a rule can be about: what has none that is known is not judged by rules. */
static const char *const contracts[] = {
#define CUSTODY_CONTRACT(ID, name, lang, release) CUSTODY_CONTRACT_##ID == CUSTODY_CONTRACT_UNKNOWN ? "" : (name),
#include "custody/contracts.def"
    NULL,
};

/* Doors through which a block is released; "" stands for the others. */
static const char *const calls[] = {
#define CUSTODY_DOOR(ID, symbol, contract, verb) \
    (#verb)[0] == 'R' && (#verb)[1] == 'E' ? (symbol) : "", /* RELEASE, RESIZE */
#include "custody/doors.def"
#define CUSTODY_FAMILY(contract, signature)
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align) \
    (#role)[0] == 'R' && (#role)[1] == 'E' ? (symbol) : "", /* the same, of families */
#include "custody/families.def"
    NULL,
};

static bool fits_any(struct cst_view glob, const char *const *words)
{
    for (; *words; words++)
        if (**words && cst_glob_fits(glob, cst_view_of(*words)))
            return true;
    return false;
}

static bool require(struct cst_view value, const char *const *words, const char *what, struct cst_message *out_why)
{
    if (fits_any(value, words))
        return true;
    cst_message_add(out_why, "no ");
    cst_message_add(out_why, what);
    cst_message_add(out_why, " ");
    cst_message_quote(out_why, value);
    cst_message_add(out_why, "; there are");
    for (const char *separator = " "; *words; words++) {
        if (!**words)
            continue;
        cst_message_add(out_why, separator);
        cst_message_add(out_why, *words);
        separator = ", ";
    }
    return false;
}

static bool require_call(struct cst_view value, struct cst_message *out_why)
{
    if (fits_any(value, calls))
        return true;
    cst_message_add(out_why, "no function that releases is called ");
    cst_message_quote(out_why, value);
    cst_message_add(out_why, "; they are called as in findings, such as free, realloc, _ZdlPv, __rust_dealloc");
    return false;
}

bool cst_policy_value_check(enum cst_policy_shape shape, struct cst_view value, struct cst_message *out_why)
{
    switch (shape) {
    case CST_POLICY_SHAPE_LANG:
        return require(value, languages, "language", out_why);
    case CST_POLICY_SHAPE_CONTRACT:
        return require(value, contracts, "contract", out_why);
    case CST_POLICY_SHAPE_CALL:
        return require_call(value, out_why);
    case CST_POLICY_SHAPE_NAME:
    case CST_POLICY_SHAPE_PATH:
    case CST_POLICY_SHAPE_FUNCTION:
        break;
    }
    return true;
}
