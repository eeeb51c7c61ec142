/* Patterns of names, as suppressions and budgets take them: '*' stands for any characters, '?' for one, '\' takes away the
 * meaning of what follows; everything else is itself, brackets too, which names of functions are full of. No state. */
#ifndef CST_TOOL_GLOB_H
#define CST_TOOL_GLOB_H

#include <stdbool.h>

/** True when all of `text` is what `glob` says. */
bool cst_glob_matches(const char *glob, const char *text);

/** The same for a path: a glob that begins with neither '/' nor '*' may begin at any component, so that "src/x.c" is
 * found in "/home/me/src/x.c". */
bool cst_glob_matches_path(const char *glob, const char *path);

/** The same for a function: its parameters and what follows them may be left out, "parse" is "parse(int) const". */
bool cst_glob_matches_function(const char *glob, const char *function);

/** True when the glob is a plain name. */
bool cst_glob_is_plain(const char *glob);

#endif
