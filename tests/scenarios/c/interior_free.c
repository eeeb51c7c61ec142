/* A pointer into a block is released: a cursor that was moved, in a small block and in one of many pages.
 *
 * @run small
 * @expect interior-free error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=100 offset=16 alloc=$prog release=$prog
 * @run odd
 * @expect interior-free error exact owner=$prog/c/malloc call=free size=101 offset=7 alloc=$prog release=$prog
 * @run large
 * @expect interior-free error exact owner=$prog/c/malloc call=free size=3000000 offset=1234560 alloc=$prog release=$prog
 * @run good
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_inside(size_t size, size_t offset)
{
    char *block = keep(malloc(size));
    memset(block, 1, size);
    free(keep(block + offset));
    if (block[size - 1] != 1)
        puts("the block was harmed");
    free(keep(block));
}

static void release_start(size_t size)
{
    char *block = keep(malloc(size));
    char *cursor = block + size / 2;
    free(keep(cursor - size / 2));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "small") == 0)
        release_inside(100, 16);
    else if (strcmp(what, "odd") == 0)
        release_inside(101, 7);
    else if (strcmp(what, "large") == 0)
        release_inside(3000000, 1234560);
    else
        release_start(100);
    puts("done");
    return 0;
}
