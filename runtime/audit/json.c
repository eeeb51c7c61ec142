/* JSON in a fixed buffer; the contract stands in the header. A comma is due whenever the text does not end in an
 * opening bracket, so no state beside the text is needed: a string cannot end in one, its quote comes last. */
#include "audit/json.h"

#include <string.h>

#define TRUNCATED ",\"truncated\":true"
#define RESERVE (CST_JSON_DEPTH_MAX + sizeof TRUNCATED + sizeof "\n")

void cst_json_init(struct cst_json *json, char *bytes, size_t size)
{
    json->skipped = 0;
    cst_text_init(&json->text, bytes, size, RESERVE);
    cst_text_char(&json->text, '{');
}

void cst_json_finish(struct cst_json *json)
{
    if (json->text.losses > 0) {
        for (const char *byte = TRUNCATED; *byte != '\0'; byte++) {
            cst_text_end(&json->text, *byte);
        }
    }
    cst_text_end(&json->text, '}');
    cst_text_end(&json->text, '\n');
}

static void append_key(struct cst_json *json, const char *key)
{
    struct cst_text *text = &json->text;
    char last = text->bytes[text->length - 1];
    if (last != '{' && last != '[') {
        cst_text_char(text, ',');
    }
    if (key != NULL) {
        cst_text_json(text, key, strlen(key));
        cst_text_char(text, ':');
    }
}

void cst_json_open(struct cst_json *json, const char *key, char bracket)
{
    if (json->skipped > 0) {
        json->skipped++;
        return;
    }
    struct cst_text_mark mark = cst_json_mark(json);
    append_key(json, key);
    cst_text_char(&json->text, bracket);
    if (!cst_json_keep(json, mark)) {
        json->skipped = 1;
    }
}

void cst_json_close(struct cst_json *json, char bracket)
{
    if (json->skipped > 0) {
        json->skipped--;
        return;
    }
    cst_text_end(&json->text, bracket);
}

/* One value that a format makes, after its key. */
CST_PRINTF(3, 4) static void append_value(struct cst_json *json, const char *key, const char *format, ...)
{
    if (json->skipped > 0) {
        return;
    }
    struct cst_text_mark mark = cst_json_mark(json);
    append_key(json, key);
    va_list arguments;
    va_start(arguments, format);
    cst_text_vformat(&json->text, format, arguments);
    va_end(arguments);
    cst_text_keep(&json->text, mark);
}

void cst_json_string(struct cst_json *json, const char *key, const char *value)
{
    if (json->skipped > 0) {
        return;
    }
    struct cst_text_mark mark = cst_json_mark(json);
    append_key(json, key);
    cst_text_json(&json->text, value != NULL ? value : "", value != NULL ? strlen(value) : 0);
    cst_text_keep(&json->text, mark);
}

void cst_json_unsigned(struct cst_json *json, const char *key, uint64_t value)
{
    append_value(json, key, "%lu", value);
}

void cst_json_signed(struct cst_json *json, const char *key, int64_t value)
{
    append_value(json, key, "%ld", value);
}

void cst_json_bool(struct cst_json *json, const char *key, bool value)
{
    append_value(json, key, "%s", value ? "true" : "false");
}

void cst_json_null(struct cst_json *json, const char *key)
{
    append_value(json, key, "null");
}

void cst_json_hex(struct cst_json *json, const char *key, uint64_t value)
{
    append_value(json, key, "\"0x%lx\"", value);
}

void cst_json_digest(struct cst_json *json, const char *key, uint64_t value)
{
    append_value(json, key, "\"%016lx\"", value);
}

void cst_json_seconds(struct cst_json *json, const char *key, uint64_t nanoseconds)
{
    append_value(json, key, "%lu.%06lu", nanoseconds / 1000000000, nanoseconds / 1000 % 1000000);
}

struct cst_text_mark cst_json_mark(const struct cst_json *json)
{
    return cst_text_mark(&json->text);
}

bool cst_json_keep(struct cst_json *json, struct cst_text_mark mark)
{
    return json->skipped == 0 && cst_text_keep(&json->text, mark);
}

void cst_json_drop(struct cst_json *json, struct cst_text_mark mark)
{
    cst_text_drop(&json->text, mark);
}
