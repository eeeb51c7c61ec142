/* Patterns of names; see glob.h. Time is at most the product of both lengths, whatever the pattern. */
#include "glob.h"

#include <stddef.h>
#include <string.h>

/* Matches one step of the glob that is no '*' against `byte`; the length of the step in the glob, or 0. */
static size_t match_step(const char *glob, char byte)
{
    if (glob[0] == '\\' && glob[1]) {
        return glob[1] == byte ? 2 : 0;
    }
    return glob[0] && (glob[0] == '?' || glob[0] == byte) ? 1 : 0;
}

/* As cst_glob_matches, for the `length` bytes at `text`. */
static bool matches(const char *glob, const char *text, size_t length)
{
    const char *end = text + length;
    const char *star = NULL, *retry = NULL; /* behind the last '*', and where in the text what follows it was tried */
    while (text < end) {
        size_t step = match_step(glob, *text);
        if (*glob == '*') {
            star = ++glob;
            retry = text;
        } else if (step) {
            glob += step;
            text++;
        } else if (star) {
            glob = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*') {
        glob++;
    }
    return *glob == '\0';
}

bool cst_glob_matches(const char *glob, const char *text)
{
    return matches(glob, text, strlen(text));
}

bool cst_glob_matches_path(const char *glob, const char *path)
{
    if (cst_glob_matches(glob, path)) {
        return true;
    }
    if (*glob == '/' || *glob == '*') {
        return false;
    }
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (cst_glob_matches(glob, slash + 1)) {
            return true;
        }
    }
    return false;
}

/* Bytes of the name in front of its last pair of outer parentheses; all when it has none. */
static size_t without_parameters(const char *function)
{
    const char *close = strrchr(function, ')');
    size_t depth = 0;
    for (const char *at = close; at && at > function; at--) {
        depth += *at == ')';
        depth -= *at == '(';
        if (depth == 0) {
            return (size_t)(at - function);
        }
    }
    return strlen(function);
}

bool cst_glob_matches_function(const char *glob, const char *function)
{
    return cst_glob_matches(glob, function) || matches(glob, function, without_parameters(function));
}

bool cst_glob_is_plain(const char *glob)
{
    return strpbrk(glob, "*?") == NULL;
}
