/* Any bytes as CUSTODY_OPTIONS: what is complained of is said in one short line, and every setting has a value that is
 * one of its own, whatever was asked for. */
#include "../fuzz.h"

#include "entry/options.h"

static void complain(const char *message)
{
    require(strlen(message) < 512 && strncmp(message, "CUSTODY_OPTIONS: ", 17) == 0);
}

/* What a setting may be. */
struct shape {
    bool is_text;
    unsigned lowest, highest;
    const char *words;
};

static void check_number(const struct shape *shape, const void *field)
{
    unsigned value, highest = shape->highest;
    memcpy(&value, field, sizeof value);
    for (const char *at = shape->words; at && *at; at++)
        highest += *at == '|';
    require(value >= shape->lowest && value <= highest);
}

static void check_setting(struct shape shape, const void *field)
{
    if (shape.is_text)
        use(strlen(*(const char *const *)field));
    else
        check_number(&shape, field);
}

#define TEXT \
    { \
        .is_text = true \
    }
#define BOOL \
    { \
        .highest = 1 \
    }
#define NUMBER(from, to) \
    { \
        .lowest = (from), .highest = (to) \
    }
#define CHOICE(list) \
    { \
        .words = (list) \
    }
#define CUSTODY_SETTING(name, type, standard, help) check_setting((struct shape)type, &cst_options.name);

static void check(void)
{
#include "custody/settings.def"
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = text_of(bytes, size);
    cst_options_parse(text, complain);
    check();
    free(text);
    return 0;
}
