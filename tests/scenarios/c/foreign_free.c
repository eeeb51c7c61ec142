/* Blocks of hand-made allocators, which Custody does not see, are given to free: a pool in a mapping, and one on the
 * program break. The program keeps what is its own.
 *
 * @run pool
 * @expect foreign-free error exact place=foreign by=$prog/c/malloc call=free release=$prog
 * @run break
 * @expect foreign-free error exact place=foreign by=$prog/c/malloc call=free release=$prog
 * @run good
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *pool;
static size_t used = 64;

static char *pool_take(size_t size)
{
    char *block = pool + used;
    used += (size + 15) / 16 * 16;
    memset(block, 7, size);
    return block;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "break") == 0)
        pool = sbrk(65536);
    else
        pool = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *block = pool_take(80);
    if (strcmp(what, "good") != 0)
        free(keep(block));
    if (block[79] != 7)
        puts("the block was harmed");
    puts("done");
    return 0;
}
