/* Command-line options: a table per command, "--name VALUE", "--name=VALUE" and flags. Says what is wrong on stderr, with
 * the command's name, and returns false; the caller then exits with CST_EXIT_OWN_ERROR. No state. */
#ifndef CST_TOOL_OPTION_H
#define CST_TOOL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

/** Values of an option that may be given several times, in their order. Start with {0}; release it with
 * cst_option_list_free. */
struct cst_option_list {
    const char **items; /**< pointers into argv */
    size_t count;
};

/** One option. Exactly one of `value`, `flag` and `list` is set; a table ends with a NULL name. */
struct cst_option {
    const char *name;             /**< without the dashes */
    const char **value;           /**< gets a pointer into argv; the last one counts */
    bool *flag;                   /**< gets true */
    struct cst_option_list *list; /**< gets one more value */
};

/** A threshold that no finding reaches, one above the worst enum custody_severity. */
#define CST_SEVERITY_NEVER 3

/** Reads options out of `argv` (without program and command name) and moves the operands to its front: afterwards
 * argv[0 .. *out_operands - 1] are the operands and argv[*out_operands] is NULL. "--" ends the options; with
 * `stop_at_operand` so does the first operand. */
bool cst_option_parse(const char *command, const struct cst_option *options, bool stop_at_operand, int argc,
                      char **argv, int *out_operands);

/** Reads a decimal number in [min, max]. */
bool cst_option_number(const char *command, const char *name, const char *text, long min, long max, long *out_number);

/** Reads "error", "warning" or "note" as enum custody_severity; with `allow_never` also "never". */
bool cst_option_severity(const char *command, const char *name, const char *text, bool allow_never, int *out_severity);

/** Reads one of `words` (ends with NULL); `out_index` gets which. */
bool cst_option_word(const char *command, const char *name, const char *text, const char *const *words, int *out_index);

void cst_option_list_free(struct cst_option_list *list);

#endif
