/* What the shims share. A shim is a symbol that the world calls: it knows its door and what the call names, and nothing
 * else; the hook it calls is inlined into it. */
#ifndef CST_SHIMS_SHIMS_H
#define CST_SHIMS_SHIMS_H

#include "entry/hook.h"

#include <dlfcn.h>

/** A release that names nothing but the pointer. */
#define GIVEN_NOTHING ((struct cst_given){.has_size = false, .has_align = false, .size = 0, .align = 0})

/** The function that `symbol` would be without us; NULL when nobody else defines it. */
#define NEXT(symbol) dlsym(RTLD_NEXT, symbol)

/** A function that is looked for when the library is loaded (libc.c): dlsym makes dlerror forget what the program has not asked
 * for yet. */
struct lookup {
    void *
        where; /* RTLD_NEXT, or RTLD_DEFAULT: the one that everybody's calls reach, which is not ours where the program defines
                    one, or a library preloaded before */
    const char *symbol;
    void *_Atomic found;
};

/** One of those; the list of all is made by the linker. */
#define LOOKUP(name, from, symbol_) \
    static struct lookup name = {.where = (from), .symbol = (symbol_)}; \
    static struct lookup *listed __attribute__((section("cst_lookups"), used)) = &name

/** Constructors of the program's libraries run before ours, and may call any function. */
CST_INLINE void *look_up(struct lookup *lookup)
{
    void *found = lookup->found;
    if (CST_UNLIKELY(!found))
        lookup->found = found = dlsym(lookup->where, lookup->symbol);
    return found;
}

#endif
