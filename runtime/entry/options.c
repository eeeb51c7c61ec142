/* Options: see options.h. One row a setting, made from the list; the parser is a loop over pairs. */
#include "entry/options.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

enum type { TYPE_TEXT, TYPE_BOOL, TYPE_NUMBER, TYPE_CHOICE };

struct shape {
    enum type type;
    unsigned lowest, highest;
    const char *words; /* of a choice, separated by | */
};

struct row {
    const char *name, *standard;
    size_t offset; /* of the field */
    struct shape shape;
};

struct cst_options cst_options;

#define TEXT \
    { \
        .type = TYPE_TEXT \
    }
#define BOOL \
    { \
        .type = TYPE_BOOL \
    }
#define NUMBER(from, to) \
    { \
        .type = TYPE_NUMBER, .lowest = (from), .highest = (to) \
    }
#define CHOICE(list) \
    { \
        .type = TYPE_CHOICE, .words = (list) \
    }
static const struct row rows[] = {
/* NOLINTBEGIN(bugprone-macro-parentheses): `type` is an initialiser in braces */
#define CUSTODY_SETTING(field, type, standard_value, help) \
    {.name = #field, .standard = (standard_value), .offset = offsetof(struct cst_options, field), .shape = type},
#include "custody/settings.def"
    /* NOLINTEND(bugprone-macro-parentheses) */
};
#undef TEXT
#undef BOOL
#undef NUMBER
#undef CHOICE

/* The position of `value` among words separated by |; false when it is none of them. */
static bool find_word(const char *words, const char *value, unsigned *out_index)
{
    size_t length = strlen(value);
    for (unsigned index = 0;; index++) {
        size_t word = strcspn(words, "|");
        if (word == length && memcmp(words, value, length) == 0) {
            *out_index = index;
            return true;
        }
        if (words[word] == '\0')
            return false;
        words += word + 1;
    }
}

static bool read_bool(const char *value, unsigned *out_number)
{
    unsigned index = 0;
    if (!find_word("0|no|off|false|1|yes|on|true", value, &index))
        return false;
    *out_number = index >= 4;
    return true;
}

static bool read_number(const struct shape *shape, const char *value, unsigned *out_number)
{
    unsigned number = 0;
    size_t digits = strlen(value);
    if (digits == 0 || digits > 6 || strspn(value, "0123456789") != digits)
        return false;
    for (const char *digit = value; *digit; digit++)
        number = number * 10 + (unsigned)(*digit - '0');
    *out_number = number;
    return number >= shape->lowest && number <= shape->highest;
}

static bool set(const struct row *row, const char *value)
{
    char *field = (char *)&cst_options + row->offset;
    unsigned number = 0;
    switch (row->shape.type) {
    case TYPE_TEXT:
        memcpy(field, &value, sizeof value);
        return true;
    case TYPE_BOOL:
        if (!read_bool(value, &number))
            return false;
        break;
    case TYPE_NUMBER:
        if (!read_number(&row->shape, value, &number))
            return false;
        break;
    case TYPE_CHOICE:
        if (!find_word(row->shape.words, value, &number))
            return false;
        break;
    }
    memcpy(field, &number, sizeof number);
    return true;
}

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static void complain_of_name(const char *name, cst_options_complain *complain)
{
    char buffer[512];
    struct cst_text text;
    cst_text_init(&text, buffer, sizeof buffer, 0);
    cst_text_format(&text, "CUSTODY_OPTIONS: unknown setting '%s'; there are:", name);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cst_text_format(&text, " %s", rows[i].name);
    complain(text.bytes);
}

static void complain_of_value(const struct row *row, const char *value, cst_options_complain *complain)
{
    char buffer[512];
    struct cst_text text;
    cst_text_init(&text, buffer, sizeof buffer, 0);
    cst_text_format(&text, "CUSTODY_OPTIONS: %s=%s: ", row->name, value);
    switch (row->shape.type) {
    case TYPE_TEXT:
        cst_text_format(&text, "expected a value, as in %s=VALUE", row->name);
        break;
    case TYPE_BOOL:
        cst_text_format(&text, "expected 0 or 1");
        break;
    case TYPE_NUMBER:
        cst_text_format(&text, "expected a number from %u to %u", row->shape.lowest, row->shape.highest);
        break;
    case TYPE_CHOICE:
        cst_text_format(&text, "expected one of %s", row->shape.words);
        break;
    }
    cst_text_format(&text, "; %s=%s stays", row->name, row->standard);
    complain(text.bytes);
}

static void read_pair(char *pair, cst_options_complain *complain)
{
    char *equals = strchr(pair, '=');
    if (equals)
        *equals = '\0';
    const struct row *row = find_row(pair);
    const char *value = equals ? equals + 1 : "";
    if (!row)
        complain_of_name(pair, complain);
    else if (!equals || !set(row, value))
        complain_of_value(row, value, complain);
}

void cst_options_parse(char *text, cst_options_complain *complain)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        set(&rows[i], rows[i].standard);
    while (text && *text) {
        char *end = text + strcspn(text, ":");
        char *next = *end ? end + 1 : end;
        *end = '\0';
        if (*text)
            read_pair(text, complain);
        text = next;
    }
}
