/* Suppression files, line by line; see suppression_file.h. */
#include "suppression_file.h"

#include "line_source.h"
#include "say.h"
#include "suppression_line.h"

#include <errno.h>
#include <string.h>

/** After this many complaints about one file the rest is only counted. */
#define COMPLAINTS_MAX 20

/* The reading of one file. */
struct reading {
    const char *path;
    struct cst_suppressions *suppressions;
    struct cst_line_source lines;
    size_t errors;
    size_t foreign;              /* lines of other sanitizers, */
    unsigned long first_foreign; /* and the first of them */
};

/* What stands in front of the colon in suppressions that are not about leaks: AddressSanitizer's, ThreadSanitizer's, and
 * the checks of UndefinedBehaviorSanitizer (compiler-rt, lib/{asan,tsan,ubsan}). */
static const char *const foreign_types[] = {
    "interceptor_name",
    "interceptor_via_fun",
    "interceptor_via_lib",
    "odr_violation",
    "alloc_dealloc_mismatch",
    "race",
    "race_top",
    "mutex",
    "thread",
    "signal",
    "deadlock",
    "called_from_lib",
    "vptr_check",
    "undefined",
    "alignment",
    "bool",
    "bounds",
    "builtin",
    "enum",
    "function",
    "implicit-conversion",
    "implicit-integer-sign-change",
    "implicit-integer-truncation",
    "implicit-signed-integer-truncation",
    "implicit-unsigned-integer-truncation",
    "integer",
    "integer-divide-by-zero",
    "float-cast-overflow",
    "float-divide-by-zero",
    "invalid-builtin-use",
    "null",
    "nonnull-attribute",
    "nullability-arg",
    "nullability-assign",
    "nullability-return",
    "object-size",
    "pointer-overflow",
    "return",
    "returns-nonnull-attribute",
    "shift",
    "shift-base",
    "shift-exponent",
    "signed-integer-overflow",
    "unreachable",
    "unsigned-integer-overflow",
    "unsigned-shift-base",
    "vla-bound",
    "vptr",
    "objc-cast",
};

static void complain(struct reading *reading, size_t column, const char *why)
{
    reading->errors++;
    if (reading->errors <= COMPLAINTS_MAX) {
        fprintf(stderr, "%s:%lu:%zu: ", reading->path, reading->lines.number, column);
        cst_print_text(stderr, why);
        fputc('\n', stderr);
    }
}

static bool is_foreign(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof foreign_types / sizeof *foreign_types; i++) {
        if (strlen(foreign_types[i]) == length && strncmp(text, foreign_types[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static struct cst_suppression *add(struct reading *reading, const char *text)
{
    struct cst_suppressions *all = reading->suppressions;
    all->items = cst_arena_extend(&all->arena, all->items, all->count, sizeof *all->items);
    struct cst_suppression *suppression = &all->items[all->count++];
    *suppression = (struct cst_suppression){
        .path = cst_arena_copy(&all->arena, reading->path),
        .line = reading->lines.number,
        .text = cst_arena_copy(&all->arena, text),
    };
    return suppression;
}

/* Takes a sanitizer's line, "TYPE:PATTERN". */
static void take_sanitizers(struct reading *reading, const char *text, size_t type_length)
{
    if (type_length == 4 && strncmp(text, "leak", 4) == 0) {
        struct cst_suppression *suppression = add(reading, text);
        suppression->pattern = suppression->text + type_length + 1;
    } else if (is_foreign(text, type_length)) {
        reading->first_foreign = reading->foreign++ ? reading->first_foreign : reading->lines.number;
    } else {
        complain(reading, (size_t)(text - reading->lines.buffer) + 1,
                 cst_arena_format(&reading->suppressions->arena, "no sanitizer has suppressions of the type '%.*s'",
                                  (int)type_length, text));
    }
}

static void take_own(struct reading *reading, const char *text)
{
    struct cst_line_error error = {0};
    struct cst_suppression line = {0};
    if (!cst_suppression_line_read(&reading->suppressions->arena, text, &line, &error)) {
        complain(reading, (size_t)(text - reading->lines.buffer) + error.column, error.why);
        return;
    }
    struct cst_suppression *suppression = add(reading, text);
    line.path = suppression->path;
    line.line = suppression->line;
    line.text = suppression->text;
    *suppression = line;
}

static void take_line(struct reading *reading)
{
    struct cst_line_source *lines = &reading->lines;
    if (lines->too_long || strlen(lines->buffer) != lines->length) {
        complain(reading, 1, lines->too_long ? "the line is longer than any suppression" : "the line has a NUL in it");
        return;
    }
    while (lines->length > 0 && strchr(" \t\r", lines->buffer[lines->length - 1])) {
        lines->buffer[--lines->length] = '\0';
    }
    const char *text = lines->buffer + strspn(lines->buffer, " \t");
    if (*text == '\0' || *text == '#') {
        return;
    }
    size_t word = strcspn(text, ": \t\"=");
    if (text[word] == ':') {
        take_sanitizers(reading, text, word);
    } else {
        take_own(reading, text);
    }
}

static bool sum_up(const struct reading *reading, const char *command)
{
    if (ferror(reading->lines.file)) {
        cst_say("%s: cannot read the suppressions %s: %s", command, reading->path, strerror(errno));
        return false;
    }
    if (reading->errors > COMPLAINTS_MAX) {
        cst_say("%s: %zu more errors", reading->path, reading->errors - COMPLAINTS_MAX);
    }
    if (reading->foreign > 0) {
        fprintf(stderr, "%s:%lu: note: %zu line%s for other sanitizers left out\n", reading->path,
                reading->first_foreign, reading->foreign, reading->foreign == 1 ? "" : "s");
    }
    return reading->errors == 0;
}

bool cst_suppression_file_read(struct cst_suppressions *suppressions, const char *command, const char *path)
{
    struct reading reading = {.path = path, .suppressions = suppressions, .lines = {.file = fopen(path, "re")}};
    if (!reading.lines.file) {
        cst_say("%s: cannot read the suppressions %s: %s", command, path, strerror(errno));
        return false;
    }
    errno = 0;
    while (cst_line_source_next(&reading.lines)) {
        take_line(&reading);
    }
    bool ok = sum_up(&reading, command);
    cst_line_source_free(&reading.lines);
    fclose(reading.lines.file);
    return ok;
}

bool cst_suppression_files_read(struct cst_suppressions *suppressions, const char *command, const char *const *paths,
                                size_t count)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        ok = cst_suppression_file_read(suppressions, command, paths[i]) && ok;
    }
    return ok;
}
