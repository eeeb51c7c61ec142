/* C23's sized releases, which name the size and the alignment that the block must have. glibc 2.36 has neither: the
 * program leaves quietly when nobody offers them.
 *
 * @builds cc=gcc,clang opt=0,2 pie=yes
 * @run size
 * @expect layout-mismatch error exact owner=$prog/c/malloc by=$prog/c/malloc call=free_sized size=61 given-size=16 alloc=$prog release=$prog
 * @run aligned-size
 * @expect layout-mismatch error exact owner=$prog/c/malloc call=free_aligned_sized size=128 align=64 given-size=64
 * @run aligned-align
 * @expect layout-mismatch error exact owner=$prog/c/malloc call=free_aligned_sized size=192 align=64 given-align=32
 * @run good
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void free_sized(void *block, size_t size) __attribute__((weak));
void free_aligned_sized(void *block, size_t align, size_t size) __attribute__((weak));

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!free_sized || !free_aligned_sized)
        return 1;
    if (strcmp(what, "size") == 0) {
        free_sized(keep(malloc(61)), 16);
    } else if (strcmp(what, "aligned-size") == 0) {
        free_aligned_sized(keep(aligned_alloc(64, 128)), 64, 64);
    } else if (strcmp(what, "aligned-align") == 0) {
        free_aligned_sized(keep(aligned_alloc(64, 192)), 32, 192);
    } else {
        free_sized(NULL, 5);
        free_aligned_sized(NULL, 16, 5);
        free_sized(keep(malloc(61)), 61);
        free_sized(keep(calloc(3, 7)), 21);
        free_sized(keep(realloc(keep(malloc(1)), 62)), 62);
        free_aligned_sized(keep(aligned_alloc(64, 128)), 64, 128);
    }
    puts("done");
    return 0;
}
