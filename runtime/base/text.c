/* Text in a fixed buffer; the contract stands in the header. Formatting and JSON escaping live in text_format.c and
 * text_json.c, which use only the functions declared there. */
#include "base/text.h"

#include <string.h>

#define DIGITS_MAX 20 /* of UINT64_MAX in decimal */

void cst_text_init(struct cst_text *text, char *bytes, size_t size, size_t reserve)
{
    *text = (struct cst_text){.bytes = bytes, .limit = size - reserve - 1};
    bytes[0] = '\0';
}

void cst_text_bytes(struct cst_text *text, const char *bytes, size_t size)
{
    if (text->full) {
        return;
    }
    size_t room = text->limit > text->length ? text->limit - text->length : 0;
    if (size > room) {
        size = room;
        text->full = true;
        text->losses++;
    }
    memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

void cst_text_char(struct cst_text *text, char byte)
{
    if (CST_UNLIKELY(text->full || text->length >= text->limit)) {
        cst_text_bytes(text, &byte, 1);
        return;
    }
    text->bytes[text->length++] = byte;
    text->bytes[text->length] = '\0';
}

void cst_text_string(struct cst_text *text, const char *string)
{
    if (string != NULL) {
        cst_text_bytes(text, string, strlen(string));
    }
}

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

void cst_text_printable(struct cst_text *text, const char *string)
{
    for (; string != NULL && *string != '\0'; string++) {
        cst_text_char(text, is_control(*string) ? '?' : *string);
    }
}

static void append_number(struct cst_text *text, uint64_t value, unsigned base, unsigned digits)
{
    char reversed[DIGITS_MAX];
    char ordered[DIGITS_MAX];
    unsigned count = 0;
    do {
        reversed[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count < digits && count < DIGITS_MAX) {
        reversed[count++] = '0';
    }
    for (unsigned i = 0; i < count; i++) {
        ordered[i] = reversed[count - 1 - i];
    }
    cst_text_bytes(text, ordered, count);
}

void cst_text_unsigned(struct cst_text *text, uint64_t value, unsigned digits)
{
    append_number(text, value, 10, digits);
}

void cst_text_signed(struct cst_text *text, int64_t value)
{
    if (value >= 0) {
        cst_text_unsigned(text, (uint64_t)value, 0);
        return;
    }
    cst_text_char(text, '-');
    cst_text_unsigned(text, 0 - (uint64_t)value, 0);
}

void cst_text_hex(struct cst_text *text, uint64_t value, unsigned digits)
{
    append_number(text, value, 16, digits);
}

struct cst_text_mark cst_text_mark(const struct cst_text *text)
{
    return (struct cst_text_mark){.length = text->length, .losses = text->losses};
}

static void take_back(struct cst_text *text, struct cst_text_mark mark)
{
    text->length = mark.length;
    text->bytes[text->length] = '\0';
    text->full = false;
}

bool cst_text_keep(struct cst_text *text, struct cst_text_mark mark)
{
    if (text->losses == mark.losses && !text->full) {
        return true;
    }
    take_back(text, mark);
    return false;
}

void cst_text_drop(struct cst_text *text, struct cst_text_mark mark)
{
    take_back(text, mark);
    text->losses++;
}

void cst_text_end(struct cst_text *text, char byte)
{
    text->bytes[text->length++] = byte;
    text->bytes[text->length] = '\0';
}
