/* A call two inlined functions deep, for the expansion of frames. */
#include <stdlib.h>

__attribute__((noinline)) void marker(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

static inline __attribute__((always_inline)) void innermost(void *pointer)
{
    marker(pointer); /* the innermost line */
    __asm__ volatile("");
}

static inline __attribute__((always_inline)) void between(void *pointer)
{
    innermost(pointer);
}

__attribute__((noinline)) void outermost(void *pointer)
{
    between(pointer);
}

int main(void)
{
    outermost(malloc(1));
    return 0;
}
