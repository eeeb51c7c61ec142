/* Reads audit logs; see reader.h. */
#include "reader.h"

#include "event.h"
#include "line_source.h"
#include "number_clamp.h"
#include "say.h"

#include <errno.h>
#include <string.h>

/** After this many complaints about one file the rest is only counted. */
#define COMPLAINTS_MAX 20

/* The reading of one file. */
struct reading {
    const char *path;
    struct cst_event_sink sink;
    struct cst_line_source lines;
    size_t taken, skipped;
};

static void complain(struct reading *reading, const char *why)
{
    reading->skipped++;
    if (reading->skipped <= COMPLAINTS_MAX) {
        fprintf(stderr, "%s:%lu: %s; line skipped\n", reading->path, reading->lines.number, why);
    }
}

static void note_cut_line(const struct reading *reading)
{
    fprintf(stderr, "%s:%lu: note: the last line is cut short, as when a process is killed while it writes\n",
            reading->path, reading->lines.number);
}

static bool is_blank(const struct cst_line_source *lines)
{
    return strspn(lines->buffer, " \t\r") == lines->length;
}

static json_t *parse(const struct cst_line_source *lines)
{
    json_error_t error;
    json_t *event = json_loadb(lines->buffer, lines->length, 0, &error);
    if (!event && json_error_code(&error) == json_error_numeric_overflow) {
        cst_number_clamp(lines->buffer, lines->length);
        event = json_loadb(lines->buffer, lines->length, 0, &error);
    }
    return event;
}

/* Takes the current line. False only when the whole file is of another version. */
static bool take_line(struct reading *reading)
{
    const struct cst_line_source *lines = &reading->lines;
    if (lines->too_long) {
        complain(reading, "longer than any line of a log");
        return true;
    }
    if (is_blank(lines)) {
        return true;
    }
    json_t *event = parse(lines);
    if (!event) {
        if (lines->complete) {
            complain(reading, "not JSON");
        } else {
            note_cut_line(reading);
        }
        return true;
    }
    const char *why = "";
    enum cst_event_result result = cst_event_take(&reading->sink, event, &why);
    if (result == CST_EVENT_TAKEN) {
        reading->taken++;
    } else if (result == CST_EVENT_MALFORMED) {
        complain(reading, why);
    } else {
        cst_say("%s:%lu: the log is of version %lld; this custody reads version 1", reading->path, lines->number,
                (long long)json_integer_value(json_object_get(event, "v")));
    }
    json_decref(event);
    return result != CST_EVENT_OTHER_VERSION;
}

static bool take_lines(struct reading *reading)
{
    while (cst_line_source_next(&reading->lines)) {
        if (!take_line(reading)) {
            return false;
        }
    }
    if (ferror(reading->lines.file)) {
        cst_say("cannot read %s: %s", reading->path, strerror(errno));
        return false;
    }
    return true;
}

static bool check_sum(const struct reading *reading, bool allow_empty)
{
    if (reading->skipped > COMPLAINTS_MAX) {
        cst_say("%s: %zu more malformed lines skipped", reading->path, reading->skipped - COMPLAINTS_MAX);
    }
    if (reading->taken == 0 && !(allow_empty && reading->skipped == 0)) {
        cst_say("%s: no audit event in it; not an audit log?", reading->path);
        return false;
    }
    return true;
}

bool cst_reader_add(struct cst_log *log, const char *path, bool allow_empty)
{
    struct reading reading = {.path = path, .sink = {.log = log}, .lines = {.file = fopen(path, "re")}};
    if (!reading.lines.file) {
        cst_say("cannot read %s: %s", path, strerror(errno));
        return false;
    }
    bool ok = take_lines(&reading) && check_sum(&reading, allow_empty);
    log->skipped_lines += reading.skipped;
    cst_event_sink_free(&reading.sink);
    cst_line_source_free(&reading.lines);
    fclose(reading.lines.file);
    return ok;
}
