/* LeakSanitizer's patterns; see leak_pattern.h. */
#include "leak_pattern.h"

#include <stddef.h>
#include <string.h>

bool cst_leak_pattern_matches(const char *pattern, const char *text)
{
    if (!*text) {
        return false;
    }
    bool anchored = *pattern == '^';
    bool any = false; /* a '*' stands right before */
    pattern += anchored;
    while (*pattern && *pattern != '$') {
        if (*pattern == '*') {
            anchored = false;
            any = true;
            pattern++;
            continue;
        }
        size_t length = strcspn(pattern, "*$");
        const char *found = memmem(text, strlen(text), pattern, length);
        if (!found || (anchored && found != text)) {
            return false;
        }
        text = found + length;
        pattern += length;
        anchored = false;
        any = false;
    }
    /* What follows a '$' is never looked at. */
    return *pattern != '$' || any || !*text;
}
