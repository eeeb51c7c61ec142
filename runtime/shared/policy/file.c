/* Policy files: see file.h. */
#include "policy/file.h"

/* A file being read. */
struct reading {
    struct cst_view rest; /* what was not read yet */
    uint32_t number;      /* of the line that was */
};

/* A file may begin with the mark that some editors put in front of UTF-8. */
static struct reading begin(struct cst_view text)
{
    struct cst_view mark = cst_view_of("\xef\xbb\xbf"), front = {.bytes = text.bytes, .length = mark.length};
    if (text.length >= mark.length && cst_view_equals(front, mark))
        text = (struct cst_view){.bytes = text.bytes + mark.length, .length = text.length - mark.length};
    return (struct reading){.rest = text};
}

static bool next_line(struct reading *reading, struct cst_view *out_line)
{
    struct cst_view *rest = &reading->rest;
    if (rest->length == 0)
        return false;
    const char *end = memchr(rest->bytes, '\n', rest->length);
    *out_line = (struct cst_view){.bytes = rest->bytes, .length = end ? (size_t)(end - rest->bytes) : rest->length};
    size_t taken = out_line->length + (end != NULL);
    *rest = (struct cst_view){.bytes = rest->bytes + taken, .length = rest->length - taken};
    reading->number++;
    return true;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

size_t cst_policy_file_bound(struct cst_view text)
{
    struct reading reading = begin(text);
    struct cst_view line;
    size_t bound = 0;
    while (next_line(&reading, &line) && bound < CST_POLICY_RULES_MAX) {
        size_t blanks = 0;
        while (blanks < line.length && is_blank(line.bytes[blanks]))
            blanks++;
        bound += blanks < line.length && line.bytes[blanks] != '#';
    }
    return bound;
}

static void complain_of_number(const struct cst_policy_rule *rule, struct cst_policy_error *error)
{
    static const char why[] = "these are too many rules; a file has at most 4096";
    error->column = (uint32_t)(rule->text.bytes - error->text.bytes) + 1;
    error->length = 0;
    memcpy(error->why, why, sizeof why);
}

size_t cst_policy_file_read(struct cst_view text, struct cst_policy_rule *out_rules, size_t bound,
                            cst_policy_complain *complain, void *data, size_t *out_errors)
{
    struct reading reading = begin(text);
    struct cst_policy_rule rule;
    struct cst_policy_error error;
    struct cst_view line;
    size_t count = 0;
    bool is_full = false;
    *out_errors = 0;
    while (!is_full && next_line(&reading, &line)) {
        enum cst_policy_line found = cst_policy_line_read(line, reading.number, &rule, &error);
        is_full = found == CST_POLICY_LINE_RULE && count == bound;
        if (is_full)
            complain_of_number(&rule, &error);
        else if (found == CST_POLICY_LINE_RULE)
            out_rules[count++] = rule;
        if (found == CST_POLICY_LINE_ERROR || is_full) {
            ++*out_errors;
            complain(&error, data);
        }
    }
    return count;
}

/* FNV-1a, 64 bits (parameters from draft-eastlake-fnv). */
uint64_t cst_policy_file_digest(struct cst_view text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t at = 0; at < text.length; at++)
        hash = (hash ^ (unsigned char)text.bytes[at]) * UINT64_C(0x100000001b3);
    return hash;
}
