/* Budgets from the command line; see budget_spec.h. */
#include "budget_spec.h"

#include "say.h"

#include <string.h>

/* What is wrong with which spec, in one line. */
static bool fail(const char *spec, const char *why)
{
    cst_say("check: --budget %s: %s; it takes [side:|module:|crate:|site:]NAME=BYTES[K|M|G][/BLOCKS]", spec, why);
    return false;
}

static char *copy_bytes(struct cst_arena *arena, const char *from, size_t length)
{
    char *copy = cst_arena_alloc(arena, length + 1);
    return memcpy(copy, from, length);
}

/* Reads digits; false when there are none, or too many. `*text` is moved behind them. */
static bool read_digits(const char **text, uint64_t *out_number)
{
    const char *at = *text;
    uint64_t number = 0;
    while (*at >= '0' && *at <= '9') {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number)) {
            return false;
        }
        at++;
    }
    bool any = at > *text;
    *text = at;
    *out_number = number;
    return any;
}

static unsigned shift_of(char unit)
{
    switch (unit) {
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    default:
        return 0;
    }
}

static bool read_amount(const char *spec, const char *amount, struct cst_budget *budget)
{
    if (!read_digits(&amount, &budget->bytes)) {
        return fail(spec, "no number of bytes");
    }
    unsigned shift = shift_of(*amount);
    if (budget->bytes > UINT64_MAX >> shift) {
        return fail(spec, "too many bytes");
    }
    budget->bytes <<= shift;
    amount += shift > 0;
    budget->has_blocks = budget->bytes == 0;
    if (*amount == '/') {
        amount++;
        budget->has_blocks = true;
        if (!read_digits(&amount, &budget->blocks)) {
            return fail(spec, "no number of blocks");
        }
    }
    return *amount == '\0' || fail(spec, "the amount is not understood");
}

/* Takes the word in front of the name, as in "crate:foo", if there is one. "foo::bar" has none. */
static bool read_kind(const char *spec, const char **name, struct cst_budget *budget)
{
    static const struct {
        const char *word;
        enum cst_budget_kind kind;
    } kinds[] = {{"side", CST_BUDGET_SIDE},
                 {"module", CST_BUDGET_MODULE},
                 {"crate", CST_BUDGET_CRATE},
                 {"site", CST_BUDGET_SITE}};
    size_t length = strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length == 0 || (*name)[length] != ':' || (*name)[length + 1] == ':') {
        return true;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].word) == length && strncmp(*name, kinds[i].word, length) == 0) {
            budget->kind = kinds[i].kind;
            *name += length + 1;
            return true;
        }
    }
    return fail(spec, "what stands before ':' is none of side, module, crate and site");
}

/* Splits FUNCTION@SOURCE. */
static bool split_site(const char *spec, char *name, struct cst_budget *budget)
{
    char *at = strrchr(name, '@');
    if (!at) {
        return true;
    }
    *at = '\0';
    budget->source = at + 1;
    return (*name && *budget->source) || fail(spec, "a site is FUNCTION or FUNCTION@SOURCE");
}

bool cst_budget_spec_read(struct cst_arena *arena, const char *spec, struct cst_budget *out_budget)
{
    *out_budget = (struct cst_budget){.kind = CST_BUDGET_ANY};
    /* The last one: names of operators have '=' in them. */
    const char *equals = strrchr(spec, '=');
    if (!equals) {
        return fail(spec, "no '=' and amount");
    }
    out_budget->title = copy_bytes(arena, spec, (size_t)(equals - spec));
    const char *start = out_budget->title;
    if (!read_kind(spec, &start, out_budget)) {
        return false;
    }
    if (!*start) {
        return fail(spec, "no name");
    }
    char *name = cst_arena_copy(arena, start);
    out_budget->name = name;
    return (out_budget->kind != CST_BUDGET_SITE || split_site(spec, name, out_budget)) &&
           read_amount(spec, equals + 1, out_budget);
}
