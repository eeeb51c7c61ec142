/* JSON strings out of arbitrary bytes: names in ELF files, arguments and paths need not be UTF-8, but every line of the
 * log must be. */
#include "base/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD in UTF-8 */

/* The well-formed sequences by their first byte (Unicode 15, table 3-7): how long, and where the second byte may lie.
 * The bounds of the second byte exclude overlong forms, surrogates and what is above U+10FFFF. */
struct utf8_lead {
    unsigned char first_lo, first_hi;
    unsigned char length;
    unsigned char second_lo, second_hi;
};

static const struct utf8_lead utf8_leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool continues(const unsigned char *bytes, const struct utf8_lead *lead)
{
    if (bytes[1] < lead->second_lo || bytes[1] > lead->second_hi) {
        return false;
    }
    for (size_t i = 2; i < lead->length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

/* Bytes of the well-formed multi-byte sequence at `bytes`, of which `size` may be read; 0 when there is none. */
static size_t sequence_length(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof utf8_leads / sizeof utf8_leads[0]; i++) {
        const struct utf8_lead *lead = &utf8_leads[i];
        if (bytes[0] >= lead->first_lo && bytes[0] <= lead->first_hi) {
            return lead->length <= size && continues(bytes, lead) ? lead->length : 0;
        }
    }
    return 0;
}

static void append_ascii(struct cst_text *text, char byte)
{
    switch (byte) {
    case '"':
        cst_text_string(text, "\\\"");
        return;
    case '\\':
        cst_text_string(text, "\\\\");
        return;
    case '\n':
        cst_text_string(text, "\\n");
        return;
    case '\t':
        cst_text_string(text, "\\t");
        return;
    default:
        break;
    }
    if ((unsigned char)byte < 0x20 || byte == 0x7f) {
        cst_text_string(text, "\\u");
        cst_text_hex(text, (unsigned char)byte, 4);
    } else {
        cst_text_char(text, byte);
    }
}

/* How many of the next bytes stand for themselves. */
static size_t plain_length(const char *bytes, size_t size)
{
    size_t length = 0;
    while (length < size && bytes[length] >= 0x20 && bytes[length] < 0x7f && bytes[length] != '"' &&
           bytes[length] != '\\') {
        length++;
    }
    return length;
}

void cst_text_json(struct cst_text *text, const char *bytes, size_t size)
{
    cst_text_char(text, '"');
    for (size_t at = 0; at < size && !text->full;) {
        size_t plain = plain_length(bytes + at, size - at);
        if (plain != 0) {
            cst_text_bytes(text, bytes + at, plain);
            at += plain;
            continue;
        }
        if ((unsigned char)bytes[at] < 0x80) {
            append_ascii(text, bytes[at++]);
            continue;
        }
        size_t length = sequence_length((const unsigned char *)bytes + at, size - at);
        if (length == 0) {
            cst_text_string(text, REPLACEMENT);
            at++;
        } else {
            cst_text_bytes(text, bytes + at, length);
            at += length;
        }
    }
    cst_text_char(text, '"');
}
