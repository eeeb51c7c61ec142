/* Any bytes as text on its way into a log or onto a terminal, through buffers of any size: what comes out is terminated, as
 * long as it says, and, as JSON, a string of valid UTF-8 without control characters. */
#include "../fuzz.h"

#include "base/text.h"

#define ROOM 4096

/* Bytes of the well-formed sequence (RFC 3629, table 3-7 of the Unicode Standard) at `at`; 0 when there is none. */
static size_t sequence(const unsigned char *at, const unsigned char *end)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t more = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : 1;
    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4 || (size_t)(end - at) <= more)
        return 0;
    low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : low;
    high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : high;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i <= more; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    return more + 1;
}

/* Bytes of the escape at `at`, behind the backslash. */
static size_t escape(const unsigned char *at, const unsigned char *end)
{
    require(at < end);
    if (*at != 'u') {
        require(strchr("\"\\/bfnrt", *at) != NULL);
        return 1;
    }
    require(end - at > 4);
    for (int i = 1; i <= 4; i++)
        require(strchr("0123456789abcdefABCDEF", at[i]) != NULL);
    return 5;
}

static void check_json(const struct cst_text *text)
{
    const unsigned char *at = (const unsigned char *)text->bytes, *end = at + text->length;
    require(text->length >= 2 && *at == '"' && end[-1] == '"');
    for (at++, end--; at < end;) {
        require(*at >= 0x20 && *at != '"');
        size_t size = *at == '\\' ? 1 + escape(at + 1, end) : sequence(at, end);
        require(size > 0);
        at += size;
    }
}

static void check_whole(const struct cst_text *text, size_t room)
{
    require(text->length <= text->limit && text->limit < room);
    require(text->bytes[text->length] == '\0' && strlen(text->bytes) <= text->length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    size_t room = size > 2 ? 3 + (size_t)bytes[0] * 16 % ROOM : 3;
    char *buffer = malloc(room), *string = text_of(bytes, size);
    struct cst_text text;
    require(buffer != NULL);

    cst_text_init(&text, buffer, room, 0);
    struct cst_text_mark mark = cst_text_mark(&text);
    cst_text_json(&text, (const char *)bytes, size);
    check_whole(&text, room);
    if (cst_text_keep(&text, mark))
        check_json(&text);
    else
        require(text.length == 0 && text.losses > 0);

    cst_text_init(&text, buffer, room, 1);
    cst_text_printable(&text, string);
    cst_text_end(&text, '.');
    require(text.length < room && text.bytes[text.length] == '\0');
    for (size_t i = 0; i < text.length; i++)
        require((unsigned char)text.bytes[i] >= 0x20 && text.bytes[i] != 0x7f);

    cst_text_init(&text, buffer, room, 0);
    cst_text_format(&text, "%s|%-d|%06u|%016lx|%c", string, -5, 17U, 99UL, 'x');
    check_whole(&text, room);
    free(buffer);
    free(string);
    return 0;
}
