/* peg: a plugin as small as its twin, pin, which comes to the same addresses after it. */
#include "plug.h"

#include <stdlib.h>

__attribute__((noinline)) static void *peg_inner(size_t size)
{
    void *block = malloc(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

void *plug_make(size_t size)
{
    void *block = peg_inner(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

void plug_free(void *block)
{
    free(block);
    __asm__ volatile("");
}
