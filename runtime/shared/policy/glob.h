/* Globs: '*' stands for any characters, '?' for one byte, '\' takes away the meaning of what follows; everything else is
 * itself, brackets too, which names of functions are full of. Both texts are views, of any content. Time is at most the
 * product of both lengths, whatever the glob; of a path, times its components. No state. */
#ifndef CST_POLICY_GLOB_H
#define CST_POLICY_GLOB_H

#include "policy/view.h"

/** True when all of `text` is what `glob` says. */
bool cst_glob_fits(struct cst_view glob, struct cst_view text);

/** The same for a path: a glob that begins with neither '/' nor '*' may begin at any component, so that "lib/libx.so*" is
 * found in "/usr/lib/libx.so.1". */
bool cst_glob_fits_path(struct cst_view glob, struct cst_view path);

/** True when the glob spells `name` out: all of it up to its ".so", or the whole, stands in the last component of the glob
 * before any wildcard. "libc.so*" and "/lib/libc*" spell out "libc.so.6", "lib*" does not. */
bool cst_glob_spells(struct cst_view glob, struct cst_view name);

#endif
