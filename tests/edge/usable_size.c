/* What malloc_usable_size() tells of a block may be used: a list is linked by the last words that it allows, and none of its
 * blocks is lost.
 *
 * @builds cc=gcc,clang opt=0,2
 * @run all
 */
#include "keep.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void **list;

static void push(void **block)
{
    size_t words = malloc_usable_size(block) / sizeof(void *);
    block[words - 1] = list;
    list = block;
}

int main(void)
{
    for (size_t size = sizeof(void *); size < 70000; size += size / 3 + 1) {
        push(keep(malloc(size)));
        push(keep(realloc(keep(malloc(size / 2)), size)));
        push(keep(aligned_alloc(64, size)));
    }
    puts("done");
    return 0;
}
