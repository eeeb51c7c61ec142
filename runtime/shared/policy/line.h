/* One line of a policy file: takes it apart into a rule, or says what is wrong with it, and where. Any bytes may come; none
 * are kept but those of the rule's views. No memory, no state, no libc but string functions. */
#ifndef CST_POLICY_LINE_H
#define CST_POLICY_LINE_H

#include "policy/rule.h"

#define CST_POLICY_MESSAGE_SIZE 400
/** Longest line, and longest name of a side, in bytes. */
#define CST_POLICY_LINE_MAX 4096
#define CST_POLICY_NAME_MAX 100

/** What is wrong with a line. */
struct cst_policy_error {
    uint32_t line;                     /**< from 1 */
    uint32_t column;                   /**< from 1, in bytes */
    uint32_t length;                   /**< bytes that it is about; 0: a place */
    struct cst_view text;              /**< the whole line */
    char why[CST_POLICY_MESSAGE_SIZE]; /**< terminated; printable where it quotes the line */
};

enum cst_policy_line {
    CST_POLICY_LINE_EMPTY, /**< blank, or a comment */
    CST_POLICY_LINE_RULE,
    CST_POLICY_LINE_ERROR,
};

/** Reads a line, which has no line break, into `out_rule` (its `line` is set to `number`), or says in `out_error` what is
 * wrong first. */
enum cst_policy_line cst_policy_line_read(struct cst_view line, uint32_t number, struct cst_policy_rule *out_rule,
                                          struct cst_policy_error *out_error);

#endif
