/* Lines of policy files: see line.h. A scan goes through the line once, from left to right; the first thing that is wrong
 * ends it. */
#include "policy/line.h"

#include "policy/bytes.h"
#include "policy/glob.h"
#include "policy/message.h"
#include "policy/value.h"

/* A reading under way. */
struct scan {
    struct cst_view line;
    size_t at; /* what comes next */
    struct cst_policy_rule *rule;
    struct cst_policy_error *error;
};

enum group { GROUP_SIDE, GROUP_CROSSING };

static enum group group_of(enum cst_policy_field field)
{
    static const enum group groups[] = {
#define CST_POLICY_FIELD(ID, word, group, shape) GROUP_##group,
#include "policy/words.def"
    };
    return groups[field];
}

/* Says that the piece `where` of the line is wrong; the message is then made in what this returns. */
static struct cst_message blame(struct scan *scan, struct cst_view where)
{
    scan->error->column = (uint32_t)(where.bytes - scan->line.bytes) + 1;
    scan->error->length = (uint32_t)where.length;
    return cst_message_begin(scan->error->why, sizeof scan->error->why);
}

static bool fail(struct scan *scan, struct cst_view where, const char *why)
{
    struct cst_message message = blame(scan, where);
    cst_message_add(&message, why);
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool at_end(const struct scan *scan)
{
    return scan->at == scan->line.length;
}

static char next(const struct scan *scan)
{
    return at_end(scan) ? '\0' : scan->line.bytes[scan->at];
}

/* True when another word follows: not the end, nor a comment. */
static bool find_word(struct scan *scan)
{
    while (is_blank(next(scan)))
        scan->at++;
    return !at_end(scan) && next(scan) != '#';
}

static struct cst_view since(const struct scan *scan, size_t start)
{
    return (struct cst_view){.bytes = scan->line.bytes + start, .length = scan->at - start};
}

static struct cst_view here(const struct scan *scan)
{
    return since(scan, scan->at);
}

/* Everything up to a blank, the end, or `stop`. */
static struct cst_view read_word(struct scan *scan, char stop)
{
    size_t start = scan->at;
    while (!at_end(scan) && !is_blank(next(scan)) && next(scan) != stop)
        scan->at++;
    return since(scan, start);
}

/* Reads "..."; the escapes in it stay, for they are the glob's. */
static bool read_quoted(struct scan *scan, struct cst_view *out_value)
{
    size_t quote = scan->at++, start = scan->at;
    while (next(scan) != '"') {
        scan->at += next(scan) == '\\';
        if (at_end(scan))
            return fail(scan, (struct cst_view){scan->line.bytes + quote, 1}, "no quote ends this value");
        scan->at++;
    }
    *out_value = since(scan, start);
    scan->at++;
    return at_end(scan) || is_blank(next(scan)) ||
           fail(scan, here(scan), "a blank or the end of the line should follow the quote");
}

static bool read_value(struct scan *scan, struct cst_view *out_value)
{
    size_t start = scan->at;
    if (next(scan) == '"') {
        if (!read_quoted(scan, out_value))
            return false;
    } else {
        *out_value = read_word(scan, ' ');
    }
    return out_value->length > 0 || fail(scan, since(scan, start), "a value is missing");
}

static bool read_verb(struct scan *scan)
{
    struct cst_view word = read_word(scan, ' ');
    for (unsigned verb = 0; verb < CST_POLICY_VERB_COUNT; verb++)
        if (cst_view_equals(word, cst_view_of(cst_policy_verb_word((enum cst_policy_verb)verb)))) {
            scan->rule->verb = (enum cst_policy_verb)verb;
            return true;
        }
    struct cst_message why = blame(scan, word);
    cst_message_add(&why, "no rule begins with ");
    cst_message_quote(&why, word);
    cst_message_add(&why, "; there are side, isolate, allow and forbid");
    return false;
}

/* What a name must not have in it: it is put into lists, and matched by globs. */
static bool check_name(struct scan *scan, struct cst_view name, struct cst_view where)
{
    static const char refused[] = {',', '*', '?', '\\', '"'};
    for (size_t at = 0; at < name.length; at++)
        if (memchr(refused, name.bytes[at], sizeof refused))
            return fail(scan, (struct cst_view){name.bytes + at, 1},
                        "the name of a side has no comma, star, question mark, backslash or quote in it");
    if (name.length > CST_POLICY_NAME_MAX)
        return fail(scan, where, "the name of a side has at most 100 bytes");
    return !cst_view_equals(name, cst_view_of("unknown")) ||
           fail(scan, where, "'unknown' stands for callers that cannot be told; no side has this name");
}

static bool read_name(struct scan *scan)
{
    if (!find_word(scan))
        return fail(scan, here(scan), "the name of a side should follow");
    size_t start = scan->at;
    bool is_quoted = next(scan) == '"';
    if (!read_value(scan, &scan->rule->name))
        return false;
    struct cst_view where = since(scan, start);
    if (!is_quoted && memchr(where.bytes, '=', where.length))
        return fail(scan, where, "the name of a side should stand here, before any NAME=VALUE");
    return check_name(scan, scan->rule->name, where);
}

static bool takes(enum cst_policy_verb verb, enum cst_policy_field field)
{
    return group_of(field) == (verb == CST_POLICY_SIDE ? GROUP_SIDE : GROUP_CROSSING);
}

static void list_fields(struct cst_message *message, enum cst_policy_verb verb)
{
    const char *separator = " ";
    for (unsigned field = 0; field < CST_POLICY_FIELD_COUNT; field++)
        if (takes(verb, (enum cst_policy_field)field)) {
            cst_message_add(message, separator);
            cst_message_add(message, cst_policy_field_word((enum cst_policy_field)field));
            separator = ", ";
        }
}

static bool find_field(struct scan *scan, struct cst_view word, enum cst_policy_field *out_field)
{
    enum cst_policy_verb verb = scan->rule->verb;
    for (unsigned field = 0; field < CST_POLICY_FIELD_COUNT; field++)
        if (takes(verb, (enum cst_policy_field)field) &&
            cst_view_equals(word, cst_view_of(cst_policy_field_word((enum cst_policy_field)field)))) {
            *out_field = (enum cst_policy_field)field;
            return true;
        }
    struct cst_message why = blame(scan, word);
    cst_message_add(&why, cst_policy_verb_word(verb));
    cst_message_add(&why, " has no field ");
    cst_message_quote(&why, word);
    cst_message_add(&why, "; it has");
    list_fields(&why, verb);
    return false;
}

static bool check_value(struct scan *scan, enum cst_policy_field field, struct cst_view value)
{
    struct cst_message why = blame(scan, value);
    return cst_policy_value_check(cst_policy_field_shape(field), value, &why);
}

static bool is_said(const struct cst_policy_rule *rule, enum cst_policy_field field)
{
    bool is_half = field == CST_POLICY_FROM_CONTRACT || field == CST_POLICY_TO_CONTRACT;
    return cst_policy_says(rule, field) || (is_half && cst_policy_says(rule, CST_POLICY_CONTRACT)) ||
           (field == CST_POLICY_CONTRACT &&
            (cst_policy_says(rule, CST_POLICY_FROM_CONTRACT) || cst_policy_says(rule, CST_POLICY_TO_CONTRACT)));
}

static bool check_once(struct scan *scan, enum cst_policy_field field, struct cst_view word)
{
    if (!is_said(scan->rule, field))
        return true;
    struct cst_message why = blame(scan, word);
    cst_message_add(&why, cst_policy_field_word(field));
    cst_message_add(&why, cst_policy_says(scan->rule, field)
                              ? " stands here twice"
                              : ": 'contract' is both 'from-contract' and 'to-contract'; say the one or the others");
    return false;
}

static bool read_field(struct scan *scan)
{
    struct cst_view word = read_word(scan, '='), value;
    enum cst_policy_field field;
    if (next(scan) != '=') {
        struct cst_message why = blame(scan, word);
        cst_message_quote(&why, word);
        cst_message_add(&why, " is not NAME=VALUE");
        return false;
    }
    if (!find_field(scan, word, &field) || !check_once(scan, field, word))
        return false;
    scan->at++;
    if (!read_value(scan, &value) || !check_value(scan, field, value))
        return false;
    scan->rule->fields[field] = value;
    return true;
}

static bool read_fields(struct scan *scan, bool *out_any)
{
    for (*out_any = false; find_word(scan); *out_any = true)
        if (!read_field(scan))
            return false;
    return true;
}

static bool is_star(struct cst_view value)
{
    for (size_t at = 0; at < value.length; at++)
        if (value.bytes[at] != '*')
            return false;
    return true;
}

/* Rules that would do more than they seem to say, or nothing. */
static bool check_crossing(struct scan *scan, struct cst_view verb, bool any)
{
    const struct cst_view *fields = scan->rule->fields;
    bool is_allow = scan->rule->verb == CST_POLICY_ALLOW;
    if (!any)
        return fail(scan, verb,
                    is_allow ? "'allow' alone would allow every crossing; name a field"
                             : "'forbid' alone would forbid every crossing; name a field");
    for (enum cst_policy_field field = CST_POLICY_FROM_CONTRACT; is_allow && field <= CST_POLICY_TO_CONTRACT; field++)
        if (cst_policy_says(scan->rule, field) && is_star(fields[field]))
            return fail(scan, fields[field], "an allocator is allowed by its name; '*' would allow any mix of them");
    for (enum cst_policy_field field = CST_POLICY_FROM; !is_allow && field <= CST_POLICY_TO; field++)
        if (cst_view_equals(fields[field], cst_view_of("unknown")))
            return fail(scan, fields[field], "nothing is held against callers that cannot be told");
    return true;
}

static bool read_rule(struct scan *scan)
{
    size_t start = scan->at;
    bool any = false;
    if (!read_verb(scan))
        return false;
    struct cst_view verb = since(scan, start);
    switch (scan->rule->verb) {
    case CST_POLICY_ISOLATE:
        if (!read_name(scan))
            return false;
        return !find_word(scan) || fail(scan, read_word(scan, ' '), "isolate takes one name");
    case CST_POLICY_SIDE:
        if (!read_name(scan) || !read_fields(scan, &any))
            return false;
        return any ||
               fail(scan, here(scan), "what belongs to the side should follow: module=GLOB, lang=LANGUAGE or both");
    default:
        return read_fields(scan, &any) && check_crossing(scan, verb, any);
    }
}

static bool check_bytes(struct scan *scan)
{
    size_t at = 0;
    const char *why = NULL;
    if (scan->line.length > CST_POLICY_LINE_MAX) {
        scan->error->text.length = CST_POLICY_LINE_MAX;
        return fail(scan, (struct cst_view){scan->line.bytes + CST_POLICY_LINE_MAX, 0},
                    "the line is longer than 4096 bytes");
    }
    return cst_policy_bytes_check(scan->line, &at, &why) ||
           fail(scan, (struct cst_view){scan->line.bytes + at, 1}, why);
}

static struct cst_view trimmed(struct cst_view line)
{
    while (line.length > 0 && is_blank(line.bytes[0])) {
        line.bytes++;
        line.length--;
    }
    while (line.length > 0 && is_blank(line.bytes[line.length - 1]))
        line.length--;
    return line;
}

enum cst_policy_line cst_policy_line_read(struct cst_view line, uint32_t number, struct cst_policy_rule *out_rule,
                                          struct cst_policy_error *out_error)
{
    if (line.length > 0 && line.bytes[line.length - 1] == '\r')
        line.length--;
    *out_rule = (struct cst_policy_rule){.line = number, .text = trimmed(line)};
    *out_error = (struct cst_policy_error){.line = number, .text = line};
    struct scan scan = {.line = line, .rule = out_rule, .error = out_error};
    if (!check_bytes(&scan))
        return CST_POLICY_LINE_ERROR;
    if (!find_word(&scan))
        return CST_POLICY_LINE_EMPTY;
    return read_rule(&scan) ? CST_POLICY_LINE_RULE : CST_POLICY_LINE_ERROR;
}
