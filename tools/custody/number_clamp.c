/* Integers that are too large; see number_clamp.h. */
#include "number_clamp.h"

#include <stdbool.h>
#include <string.h>

static const char largest[] = "9223372036854775807"; /* INT64_MAX */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Behind the string that begins at `at`. */
static size_t skip_string(const char *json, size_t length, size_t at)
{
    for (at++; at < length && json[at] != '"'; at++) {
        at += json[at] == '\\';
    }
    return at < length ? at + 1 : length;
}

static size_t skip_digits(const char *json, size_t length, size_t at)
{
    while (at < length && is_digit(json[at])) {
        at++;
    }
    return at;
}

static void clamp(char *digits, size_t count)
{
    size_t most = sizeof largest - 1;
    if (count > most || (count == most && memcmp(digits, largest, most) > 0)) {
        memcpy(digits, largest, most);
        memset(digits + most, ' ', count - most);
    }
}

void cst_number_clamp(char *json, size_t length)
{
    for (size_t at = 0; at < length;) {
        if (json[at] == '"') {
            at = skip_string(json, length, at);
        } else if (is_digit(json[at])) {
            size_t end = skip_digits(json, length, at);
            bool is_integer = end == length || !strchr(".eE", json[end]);
            /* Fractions and exponents are no numbers of their own. */
            bool is_fraction = at > 0 && strchr(".eE+", json[at - 1]);
            if (is_integer && !is_fraction) {
                clamp(json + at, end - at);
            }
            at = end;
        } else {
            at++;
        }
    }
}
