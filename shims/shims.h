/* What the shims share. A shim is a symbol that the world calls: it knows its door and what the call names, and nothing
 * else; the hook it calls is inlined into it. */
#ifndef CST_SHIMS_SHIMS_H
#define CST_SHIMS_SHIMS_H

#include "entry/hook.h"

/** A release that names nothing but the pointer. */
#define GIVEN_NOTHING ((struct cst_given){.has_size = false, .has_align = false, .size = 0, .align = 0})

/** The function that `symbol` would be without us; NULL when nobody else defines it. */
#define NEXT(symbol) dlsym(RTLD_NEXT, symbol)

/** The function of this name that everybody's calls reach: not ours where the program defines it, or a library preloaded before. */
#define FIRST(symbol) dlsym(RTLD_DEFAULT, symbol)

#endif
