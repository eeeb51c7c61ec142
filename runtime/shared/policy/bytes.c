/* Bytes of a line: see bytes.h. */
#include "policy/bytes.h"

#include <stdint.h>

/* How many bytes follow this first byte of a character in UTF-8, and the range of the first of them (RFC 3629, section 4).
 * False for what begins none. */
static bool begins_character(unsigned char byte, size_t *out_more, unsigned char *out_low, unsigned char *out_high)
{
    *out_low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    *out_high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    *out_more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    return byte >= 0xc2 && byte <= 0xf4;
}

/* Bytes of the character at the front of `size` bytes; 0 when they begin with none. */
static size_t character_length(const unsigned char *bytes, size_t size)
{
    size_t more = 0;
    unsigned char low = 0, high = 0;
    if (bytes[0] < 0x80)
        return 1;
    if (!begins_character(bytes[0], &more, &low, &high) || more >= size || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t at = 2; at <= more; at++)
        if ((bytes[at] & 0xc0U) != 0x80U)
            return 0;
    return more + 1;
}

/* Those of ASCII but the tab, and those of ISO 8859-1, which some terminals obey: U+0080 to U+009F. */
static bool is_control(const unsigned char *bytes, size_t length)
{
    if (length == 2)
        return bytes[0] == 0xc2 && bytes[1] < 0xa0;
    return (bytes[0] < 0x20 && bytes[0] != '\t') || bytes[0] == 0x7f;
}

bool cst_policy_bytes_check(struct cst_view line, size_t *out_at, const char **out_why)
{
    const unsigned char *bytes = (const unsigned char *)line.bytes;
    for (size_t at = 0; at < line.length;) {
        size_t length = character_length(bytes + at, line.length - at);
        if (length == 0 || is_control(bytes + at, length)) {
            *out_at = at;
            *out_why = length == 0      ? "this is not UTF-8"
                       : bytes[at] == 0 ? "the line has a NUL in it"
                                        : "the line has a control character in it";
            return false;
        }
        at += length;
    }
    return true;
}
