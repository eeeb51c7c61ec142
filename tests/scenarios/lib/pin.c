/* pin: peg's twin, with the same code under other names. */
#include "plug.h"

#include <stdlib.h>

__attribute__((noinline)) static void *pin_inner(size_t size)
{
    void *block = malloc(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

void *plug_make(size_t size)
{
    void *block = pin_inner(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

void plug_free(void *block)
{
    free(block);
    __asm__ volatile("");
}
