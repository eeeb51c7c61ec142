/* Readable names; see demangle.h. */
#include "demangle.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

/** Symbols beyond this many bytes stay raw: their readable form can be exponentially longer. */
#define SYMBOL_MAX 4096

const char *cst_demangle(struct cst_arena *arena, const char *symbol)
{
    /* "_R" is Rust v0, "_Z" C++ and Rust legacy: told apart by the trailing hash, which DMGL_AUTO looks at first. */
    if (symbol[0] != '_' || (symbol[1] != 'R' && symbol[1] != 'Z') || strlen(symbol) > SYMBOL_MAX) {
        return cst_arena_copy(arena, symbol);
    }
    char *readable = cplus_demangle(symbol, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
    const char *copy = cst_arena_copy(arena, readable ? readable : symbol);
    free(readable);
    return copy;
}
