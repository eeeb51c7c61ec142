/* Lines of our own; see suppression_line.h. */
#include "suppression_line.h"

#include "explanation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/* A reading under way. */
struct scan {
    struct cst_arena *arena;
    const char *line;
    const char *at;
    struct cst_line_error *error;
};

static bool fail(struct scan *scan, const char *where, const char *why)
{
    *scan->error = (struct cst_line_error){.column = (size_t)(where - scan->line) + 1, .why = why};
    return false;
}

static char *copy_bytes(struct cst_arena *arena, const char *from, size_t length)
{
    char *copy = cst_arena_alloc(arena, length + 1);
    return memcpy(copy, from, length);
}

static bool read_kind(struct scan *scan, struct cst_suppression *out)
{
    const char *start = scan->at;
    const char *word = copy_bytes(scan->arena, start, strcspn(start, BLANKS));
    scan->at += strlen(word);
    if (strcmp(word, "*") == 0) {
        return true;
    }
    if (cst_explanation_kind(word) == CUSTODY_FINDING_COUNT) {
        const char *nearest = custody_finding_name(cst_explanation_nearest(word));
        return fail(scan, start,
                    cst_arena_format(scan->arena, "no kind of finding '%s'; did you mean %s? ('*' is any kind)", word,
                                     nearest));
    }
    out->kind = word;
    return true;
}

/* Reads "..." with \" for a quote; other backslashes stay, for the glob. */
static bool read_quoted(struct scan *scan, const char **out_value)
{
    const char *start = scan->at++;
    char *value = cst_arena_alloc(scan->arena, strlen(start) + 1);
    size_t length = 0;
    while (*scan->at != '"') {
        if (*scan->at == '\0') {
            return fail(scan, start, "no quote ends this value");
        }
        if (*scan->at == '\\' && scan->at[1] == '"') {
            scan->at++;
        } else if (*scan->at == '\\' && scan->at[1] == '\\') {
            value[length++] = *scan->at++;
        }
        value[length++] = *scan->at++;
    }
    scan->at++;
    *out_value = value;
    return !*scan->at || strchr(BLANKS, *scan->at) ||
           fail(scan, scan->at, "a blank or the end of the line should follow the quote");
}

static bool read_value(struct scan *scan, const char **out_value)
{
    const char *start = scan->at;
    if (*start == '"') {
        if (!read_quoted(scan, out_value)) {
            return false;
        }
    } else {
        size_t length = strcspn(start, BLANKS);
        *out_value = copy_bytes(scan->arena, start, length);
        scan->at += length;
    }
    return **out_value || fail(scan, start, "a value is missing");
}

static bool read_max(struct scan *scan, const char *start, const char *value, struct cst_suppression *out)
{
    char *end = NULL;
    errno = 0;
    out->max = strtoull(value, &end, 10);
    out->has_max = true;
    bool ok = value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0;
    return ok || fail(scan, start, cst_arena_format(scan->arena, "max takes a number, not '%s'", value));
}

/* Finds where the value of the field `name` goes; false when there is no such field of text. */
static bool find_field(struct cst_suppression *out, const char *name, const char ***out_field)
{
    const struct {
        const char *name;
        const char **value;
    } fields[] = {
        {"function", &out->function}, {"module", &out->module}, {"source", &out->source},
        {"side", &out->side},         {"crate", &out->crate},   {"type", &out->type},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(name, fields[i].name) == 0) {
            *out_field = fields[i].value;
            return true;
        }
    }
    return false;
}

static bool read_field(struct scan *scan, struct cst_suppression *out)
{
    const char *start = scan->at;
    size_t length = strcspn(start, "=" BLANKS);
    const char *name = copy_bytes(scan->arena, start, length);
    if (start[length] != '=') {
        return fail(scan, start, cst_arena_format(scan->arena, "'%s' is not NAME=VALUE", name));
    }
    const char **field = NULL;
    bool is_max = strcmp(name, "max") == 0;
    if (!is_max && !find_field(out, name, &field)) {
        return fail(scan, start,
                    cst_arena_format(scan->arena,
                                     "no field '%s'; there are function, module, source, side, crate, type and max",
                                     name));
    }
    if (is_max ? out->has_max : *field != NULL) {
        return fail(scan, start, cst_arena_format(scan->arena, "%s stands here twice", name));
    }
    scan->at += length + 1;
    const char *value = NULL, *where = scan->at;
    if (!read_value(scan, &value)) {
        return false;
    }
    if (is_max) {
        return read_max(scan, where, value, out);
    }
    *field = value;
    return true;
}

bool cst_suppression_line_read(struct cst_arena *arena, const char *text, struct cst_suppression *out,
                               struct cst_line_error *out_error)
{
    struct scan scan = {.arena = arena, .line = text, .at = text + strspn(text, BLANKS), .error = out_error};
    if (!read_kind(&scan, out)) {
        return false;
    }
    const char *fields = scan.at;
    bool any = false;
    for (;;) {
        scan.at += strspn(scan.at, BLANKS);
        if (*scan.at == '\0' || *scan.at == '#') {
            break;
        }
        if (!read_field(&scan, out)) {
            return false;
        }
        any = true;
    }
    /* "*" alone would silence everything, most likely by a slip. */
    return any || out->kind || fail(&scan, fields, "'*' alone would suppress every finding; name a field");
}
