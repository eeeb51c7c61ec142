/* A library to be preloaded beside gcc's LeakSanitizer, which is made for programs that are linked with it: preloaded, it is
 * not ready before the first allocation, and a program that calls signal() earlier crashes. So this allocates first. */
#include <stdlib.h>

__attribute__((constructor)) static void wake(void)
{
    void *volatile block = malloc(1);
    free(block);
}
