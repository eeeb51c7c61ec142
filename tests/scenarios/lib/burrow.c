/* burrow: see burrow.h. */
#include "burrow.h"

#include "keep.h"

#include <stdlib.h>

struct burrow {
    long depth;
    void *block;
};

static void *volatile kept;
static __thread void *volatile kept_local;
static struct burrow *volatile deep;

__attribute__((noinline)) void *burrow_make(size_t size)
{
    return keep(calloc(1, size));
}

void burrow_free(void *block)
{
    free(keep(block));
}

void burrow_keep(void *block)
{
    kept = block;
}

void burrow_keep_local(void *block)
{
    kept_local = block;
}

void burrow_keep_deep(void *block)
{
    if (!deep)
        deep = keep(calloc(1, sizeof *deep));
    deep->block = block;
}

void burrow_close(void)
{
    free(deep);
    deep = NULL;
}
