/* The event `leaks`: an audit was asked for, and what it came to. */
#include "audit/event_leaks.h"

#include "audit/line.h"

void cst_leaks_write(struct cst_json *json, const struct cst_class_total *totals, size_t count)
{
    cst_json_open(json, "leaks", '{');
    for (size_t i = 0; i < count; i++) {
        cst_json_open(json, totals[i].class, '{');
        cst_json_unsigned(json, "blocks", totals[i].blocks);
        cst_json_unsigned(json, "bytes", totals[i].bytes);
        cst_json_close(json, '}');
    }
    cst_json_close(json, '}');
}

static void write_message(struct cst_text *text, const struct cst_class_total *totals, size_t count)
{
    cst_text_string(text, "custody: leaks:");
    for (size_t i = 0; i < count; i++) {
        cst_text_format(text, "%s %s: %lu bytes in %lu blocks", i > 0 ? "," : "", totals[i].class, totals[i].bytes,
                        totals[i].blocks);
    }
    cst_text_string(text, count > 0 ? "\n" : " no live blocks\n");
}

void cst_audit_leaks(const struct cst_class_total *totals, size_t count)
{
    struct cst_json *json = cst_line_begin("leaks");
    if (json != NULL) {
        cst_json_string(json, "when", "request");
        cst_leaks_write(json, totals, count);
        cst_line_end(json);
        return;
    }
    struct cst_text *text = cst_line_begin_message();
    if (text != NULL) {
        write_message(text, totals, count);
        cst_line_end_message(text);
    }
}
