/* A part in C of a program in several languages; alone a program. */
#include <stdlib.h>

__attribute__((noinline)) void *c_makes(size_t size)
{
    return malloc(size + 1);
}

__attribute__((weak)) int main(void)
{
    free(c_makes(3));
    return 0;
}
