/* The format language of cst_text_format: the part of printf's that the runtime's messages use. */
#include "base/text.h"

#include <string.h>

_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(intmax_t) == 8, "written for LP64");

/* What an argument was passed as. */
enum argument_type {
    ARGUMENT_NONE, /* the letter is none of ours, or is '%' */
    ARGUMENT_POINTER,
    ARGUMENT_INT,
    ARGUMENT_UNSIGNED,
    ARGUMENT_LONG, /* every longer type: all are 64 bits wide here, of either sign */
};

/* One conversion, as read from the format, and the argument for it. */
struct conversion {
    unsigned digits; /* zero-filled width */
    bool is_long;    /* l, ll, z, t or j */
    char letter;     /* 0 at the end of the format */
    const void *pointer;
    long number;
};

static const char *read_conversion(const char *format, struct conversion *out_conversion)
{
    *out_conversion = (struct conversion){0};
    for (; *format >= '0' && *format <= '9'; format++) {
        out_conversion->digits = out_conversion->digits * 10 + (unsigned)(*format - '0');
    }
    for (; *format != '\0' && strchr("hlztj", *format) != NULL; format++) {
        out_conversion->is_long |= *format != 'h';
    }
    out_conversion->letter = *format;
    return *format == '\0' ? format : format + 1;
}

static enum argument_type argument_type(const struct conversion *conversion)
{
    switch (conversion->letter) {
    case 's':
    case 'p':
        return ARGUMENT_POINTER;
    case 'c':
    case 'd':
    case 'i':
        return conversion->is_long ? ARGUMENT_LONG : ARGUMENT_INT;
    case 'u':
    case 'x':
        return conversion->is_long ? ARGUMENT_LONG : ARGUMENT_UNSIGNED;
    default:
        return ARGUMENT_NONE;
    }
}

static void append_pointer(struct cst_text *text, const void *pointer)
{
    cst_text_string(text, "0x");
    cst_text_hex(text, (uintptr_t)pointer, 0);
}

/* False when the letter is none of ours. */
static bool append_conversion(struct cst_text *text, const struct conversion *conversion)
{
    switch (conversion->letter) {
    case 's':
        cst_text_string(text, conversion->pointer != NULL ? conversion->pointer : "(null)");
        return true;
    case 'c':
        cst_text_char(text, (char)conversion->number);
        return true;
    case 'd':
    case 'i':
        cst_text_signed(text, conversion->number);
        return true;
    case 'u':
        cst_text_unsigned(text, (uint64_t)conversion->number, conversion->digits);
        return true;
    case 'x':
        cst_text_hex(text, (uint64_t)conversion->number, conversion->digits);
        return true;
    case 'p':
        append_pointer(text, conversion->pointer);
        return true;
    case '%':
        cst_text_char(text, '%');
        return true;
    default:
        return false;
    }
}

void cst_text_vformat(struct cst_text *text, const char *format, va_list arguments)
{
    for (;;) {
        size_t plain = strcspn(format, "%");
        cst_text_bytes(text, format, plain);
        format += plain;
        if (*format == '\0') {
            return;
        }
        struct conversion conversion;
        const char *next = read_conversion(format + 1, &conversion);
        switch (argument_type(&conversion)) {
        case ARGUMENT_POINTER:
            conversion.pointer = va_arg(arguments, const void *);
            break;
        case ARGUMENT_INT:
            conversion.number = va_arg(arguments, int);
            break;
        case ARGUMENT_UNSIGNED:
            conversion.number = va_arg(arguments, unsigned);
            break;
        case ARGUMENT_LONG:
            conversion.number = va_arg(arguments, long);
            break;
        case ARGUMENT_NONE:
            break;
        }
        if (!append_conversion(text, &conversion)) {
            cst_text_bytes(text, format, (size_t)(next - format));
        }
        format = next;
    }
}

void cst_text_format(struct cst_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cst_text_vformat(text, format, arguments);
    va_end(arguments);
}
