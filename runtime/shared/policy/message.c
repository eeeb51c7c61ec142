/* Messages: see message.h. */
#include "policy/message.h"

#define QUOTE_MAX 60

struct cst_message cst_message_begin(char *bytes, size_t size)
{
    bytes[0] = '\0';
    return (struct cst_message){.bytes = bytes, .size = size};
}

static void add_byte(struct cst_message *message, char byte)
{
    if (message->length + 1 < message->size) {
        message->bytes[message->length++] = byte;
        message->bytes[message->length] = '\0';
    }
}

void cst_message_add(struct cst_message *message, const char *string)
{
    while (*string)
        add_byte(message, *string++);
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0U) == 0x80U;
}

void cst_message_quote(struct cst_message *message, struct cst_view piece)
{
    size_t length = piece.length;
    if (length > QUOTE_MAX) {
        length = QUOTE_MAX;
        while (length > 0 && is_continuation(piece.bytes[length]))
            length--;
    }
    add_byte(message, '\'');
    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)piece.bytes[at];
        add_byte(message, byte < 0x20 || byte == 0x7f ? '?' : (char)byte);
    }
    cst_message_add(message, length < piece.length ? "...'" : "'");
}
