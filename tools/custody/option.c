/* Command-line options; see option.h. */
#include "option.h"

#include "say.h"

#include "custody/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cst_option *find_option(const struct cst_option *options, const char *name, size_t length)
{
    for (const struct cst_option *option = options; option->name; option++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
            return option;
        }
    }
    return NULL;
}

static void add_value(struct cst_option_list *list, const char *value)
{
    const char **items = reallocarray(list->items, list->count + 1, sizeof *items);
    if (!items) {
        cst_say_and_exit("out of memory");
    }
    list->items = items;
    list->items[list->count++] = value;
}

/* Takes the option at argv[*index], and its value if that is the next argument. */
static bool take_option(const char *command, const struct cst_option *options, int argc, char **argv, int *index)
{
    const char *name = argv[*index] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct cst_option *option = find_option(options, name, length);
    if (!option) {
        cst_say("%s: unknown option --%.*s; see `custody help %s`", command, (int)length, name, command);
        return false;
    }
    if (option->flag) {
        if (equals) {
            cst_say("%s: --%s takes no value", command, option->name);
            return false;
        }
        *option->flag = true;
        return true;
    }
    if (!equals && *index + 1 >= argc) {
        cst_say("%s: --%s needs a value", command, option->name);
        return false;
    }
    const char *value = equals ? equals + 1 : argv[++*index];
    if (option->list) {
        add_value(option->list, value);
    } else {
        *option->value = value;
    }
    return true;
}

bool cst_option_parse(const char *command, const struct cst_option *options, bool stop_at_operand, int argc,
                      char **argv, int *out_operands)
{
    int operands = 0;
    bool only_operands = false;
    for (int index = 0; index < argc; index++) {
        char *argument = argv[index];
        if (only_operands || argument[0] != '-' || argument[1] == '\0') {
            argv[operands++] = argument;
            only_operands = only_operands || stop_at_operand;
        } else if (strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (argument[1] != '-') {
            cst_say("%s: unknown option %s; see `custody help %s`", command, argument, command);
            return false;
        } else if (!take_option(command, options, argc, argv, &index)) {
            return false;
        }
    }
    argv[operands] = NULL;
    *out_operands = operands;
    return true;
}

bool cst_option_number(const char *command, const char *name, const char *text, long min, long max, long *out_number)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    bool is_number = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    if (!is_number || number < min || number > max) {
        cst_say("%s: --%s takes a number from %ld to %ld, not '%s'", command, name, min, max, text);
        return false;
    }
    *out_number = number;
    return true;
}

bool cst_option_severity(const char *command, const char *name, const char *text, bool allow_never, int *out_severity)
{
    for (int severity = CUSTODY_SEVERITY_NOTE; severity <= CUSTODY_SEVERITY_ERROR; severity++) {
        if (strcmp(text, custody_severity_name((enum custody_severity)severity)) == 0) {
            *out_severity = severity;
            return true;
        }
    }
    if (allow_never && strcmp(text, "never") == 0) {
        *out_severity = CST_SEVERITY_NEVER;
        return true;
    }
    cst_say("%s: --%s takes error, warning%s note%s, not '%s'", command, name, allow_never ? "," : " or",
            allow_never ? " or never" : "", text);
    return false;
}

bool cst_option_word(const char *command, const char *name, const char *text, const char *const *words, int *out_index)
{
    for (int index = 0; words[index]; index++) {
        if (strcmp(text, words[index]) == 0) {
            *out_index = index;
            return true;
        }
    }
    fprintf(stderr, "custody: %s: --%s takes", command, name);
    for (int index = 0; words[index]; index++) {
        fprintf(stderr, "%s %s", index == 0 ? "" : words[index + 1] ? "," : " or", words[index]);
    }
    fprintf(stderr, ", not '%s'\n", text);
    return false;
}

void cst_option_list_free(struct cst_option_list *list)
{
    free(list->items);
    *list = (struct cst_option_list){0};
}
