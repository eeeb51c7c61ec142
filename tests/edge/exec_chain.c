/* A program that becomes another, three times, by a different function each: one log, one finding from each image.
 *
 * @builds cc=gcc opt=0,2
 * @run 101
 * @expect double-free error exact size=101 owner=$prog/c/malloc
 * @expect double-free error exact size=102 owner=$prog/c/malloc
 * @expect double-free error exact size=103 owner=$prog/c/malloc
 * @expect double-free error exact size=104 owner=$prog/c/malloc
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    int size = argc > 1 ? atoi(argv[1]) : 104;
    void *block = keep(malloc((size_t)size));
    void *again = keep(block);
    free(block);
    free(again);
    char number[16];
    snprintf(number, sizeof number, "%d", size + 1);
    char *next[] = {argv[0], number, NULL};
    if (size == 101)
        execv(argv[0], next);
    else if (size == 102)
        execl(argv[0], argv[0], number, (char *)NULL);
    else if (size == 103)
        execvpe(argv[0], next, environ);
    puts("done");
    return 0;
}
