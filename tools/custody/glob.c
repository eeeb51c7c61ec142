/* Patterns of names; see glob.h. How they are matched is shared with the runtime (policy/glob.h). */
#include "glob.h"

#include "policy/glob.h"

#include <stddef.h>
#include <string.h>

bool cst_glob_matches(const char *glob, const char *text)
{
    return cst_glob_fits(cst_view_of(glob), cst_view_of(text));
}

bool cst_glob_matches_path(const char *glob, const char *path)
{
    return cst_glob_fits_path(cst_view_of(glob), cst_view_of(path));
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
    struct cst_view bare = {.bytes = function, .length = without_parameters(function)};
    return cst_glob_matches(glob, function) || cst_glob_fits(cst_view_of(glob), bare);
}

bool cst_glob_is_plain(const char *glob)
{
    return strpbrk(glob, "*?") == NULL;
}
