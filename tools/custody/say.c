/* Messages and text hygiene; see say.h. No state. */
#include "say.h"

#include "command.h"

#include <stdarg.h>
#include <stdlib.h>

static void say_list(const char *format, va_list arguments)
{
    flockfile(stderr);
    fputs("custody: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
}

void cst_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_list(format, arguments);
    va_end(arguments);
}

void cst_say_and_exit(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_list(format, arguments);
    va_end(arguments);
    exit(CST_EXIT_OWN_ERROR);
}

/* Bytes of the control character at `text`: 0 when there is none. C1 controls are two bytes in UTF-8, c2 80..9f. */
static int control_bytes(const unsigned char *text)
{
    if (text[0] == 0xc2 && text[1] >= 0x80 && text[1] <= 0x9f) {
        return 2;
    }
    return text[0] < 0x20 || text[0] == 0x7f;
}

void cst_print_text(FILE *out, const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    while (*byte) {
        int control = control_bytes(byte);
        if (control == 0) {
            fputc(*byte++, out);
        }
        for (int i = 0; i < control; i++) {
            fprintf(out, "\\x%02x", *byte++);
        }
    }
}
