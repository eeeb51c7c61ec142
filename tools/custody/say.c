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

void cst_print_text(FILE *out, const char *text)
{
    for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
        /* C1 controls come as the two bytes c2 80..9f in UTF-8. */
        int c1_control = byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] <= 0x9f;
        if (*byte < 0x20 || *byte == 0x7f || c1_control) {
            fprintf(out, "\\x%02x", *byte);
        } else {
            fputc(*byte, out);
        }
    }
}
