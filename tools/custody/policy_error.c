/* Errors of policy files; see policy_error.h. The mark is set by counting characters, so that it stands right under text
 * that is not ASCII, too. */
#include "policy_error.h"

#include "policy/bytes.h"
#include "say.h"

/** Characters of a line that are shown, and how many of them stand before the place when the line is longer. */
#define SHOWN 100
#define SHOWN_BEFORE 60

static bool begins_character(unsigned char byte)
{
    return (byte & 0xc0U) != 0x80U;
}

/* Characters in the first `length` bytes; where the line is no UTF-8, about as many. */
static size_t count_characters(const struct cst_policy_error *error, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length && i < error->text.length; i++) {
        count += begins_character((unsigned char)error->text.bytes[i]);
    }
    return count;
}

/* How much of the line is text for certain; of the rest only ASCII is shown. */
static size_t text_length(const struct cst_policy_error *error)
{
    size_t length = 0;
    const char *why = NULL;
    return cst_policy_bytes_check(error->text, &length, &why) ? error->text.length : length;
}

static void print_part(FILE *out, const struct cst_policy_error *error, size_t first)
{
    size_t at = 0, text = text_length(error);
    for (size_t i = 0; i < error->text.length; i++) {
        unsigned char byte = (unsigned char)error->text.bytes[i];
        at += begins_character(byte);
        bool is_text = byte >= 0x20 && byte != 0x7f && (byte < 0x80 || i < text);
        if (at > first && at <= first + SHOWN) {
            fputc(is_text ? byte : byte == '\t' ? ' ' : '?', out);
        }
    }
}

static void print_mark(FILE *out, size_t before, size_t length)
{
    fprintf(out, "%*s^", (int)before, "");
    for (size_t i = 1; i < length && before + i < SHOWN; i++) {
        fputc('~', out);
    }
    fputc('\n', out);
}

void cst_policy_error_print(FILE *out, const char *path, const struct cst_policy_error *error)
{
    size_t before = count_characters(error, error->column - 1);
    size_t length = count_characters(error, error->column - 1 + error->length) - before;
    size_t first = before > SHOWN_BEFORE ? before - SHOWN_BEFORE : 0;
    cst_print_text(out, path);
    fprintf(out, ":%u:%u: ", error->line, error->column);
    cst_print_text(out, error->why);
    fprintf(out, "\n%5u | ", error->line);
    print_part(out, error, first);
    fputs("\n      | ", out);
    print_mark(out, before - first, length);
}
