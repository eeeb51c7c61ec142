/* The format language of cst_text_format: the part of printf's that the runtime's messages use. */
#include "base/text.h"

#include <string.h>

/* One conversion, as read from the format. */
struct conversion {
    unsigned digits; /* zero-filled width */
    unsigned longs;  /* how often `l`; z, t and j count as one: all are 64 bits wide here */
    char letter;     /* 0 at the end of the format */
};

_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8 && sizeof(intmax_t) == 8, "written for LP64");

static const char *read_conversion(const char *format, struct conversion *out_conversion)
{
    *out_conversion = (struct conversion){0};
    for (; *format >= '0' && *format <= '9'; format++) {
        out_conversion->digits = out_conversion->digits * 10 + (unsigned)(*format - '0');
    }
    for (; *format != '\0' && strchr("hlztj", *format) != NULL; format++) {
        out_conversion->longs += *format != 'h';
    }
    out_conversion->letter = *format;
    return *format == '\0' ? format : format + 1;
}

static uint64_t take_unsigned(const struct conversion *conversion, va_list *arguments)
{
    return conversion->longs > 0 ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

static int64_t take_signed(const struct conversion *conversion, va_list *arguments)
{
    return conversion->longs > 0 ? va_arg(*arguments, long) : va_arg(*arguments, int);
}

static void append_text(struct cst_text *text, const char *string)
{
    cst_text_string(text, string != NULL ? string : "(null)");
}

static void append_pointer(struct cst_text *text, const void *pointer)
{
    cst_text_string(text, "0x");
    cst_text_hex(text, (uintptr_t)pointer, 0);
}

/* False when the letter is none of ours: no argument was taken. */
static bool append_conversion(struct cst_text *text, const struct conversion *conversion, va_list *arguments)
{
    switch (conversion->letter) {
    case 's':
        append_text(text, va_arg(*arguments, const char *));
        return true;
    case 'c':
        cst_text_char(text, (char)va_arg(*arguments, int));
        return true;
    case 'd':
    case 'i':
        cst_text_signed(text, take_signed(conversion, arguments));
        return true;
    case 'u':
        cst_text_unsigned(text, take_unsigned(conversion, arguments), conversion->digits);
        return true;
    case 'x':
        cst_text_hex(text, take_unsigned(conversion, arguments), conversion->digits);
        return true;
    case 'p':
        append_pointer(text, va_arg(*arguments, const void *));
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
    va_list rest; /* a copy that has an address: a parameter of type va_list is a pointer already on some ABIs */
    va_copy(rest, arguments);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        cst_text_bytes(text, format, plain);
        format += plain;
        if (*format == '\0') {
            break;
        }
        struct conversion conversion;
        const char *next = read_conversion(format + 1, &conversion);
        if (!append_conversion(text, &conversion, &rest)) {
            cst_text_bytes(text, format, (size_t)(next - format));
        }
        format = next;
    }
    va_end(rest);
}

void cst_text_format(struct cst_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cst_text_vformat(text, format, arguments);
    va_end(arguments);
}
