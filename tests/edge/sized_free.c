/* free_sized and free_aligned_sized of C23, which glibc 2.36 lacks: null is nothing, the right size is right, and errno
 * stays.
 *
 * @builds cc=gcc,clang opt=2 pie=yes
 * @run all
 */
#include "keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void free_sized(void *block, size_t size) __attribute__((weak));
void free_aligned_sized(void *block, size_t align, size_t size) __attribute__((weak));

int main(void)
{
    if (!free_sized || !free_aligned_sized)
        return 1;
    errno = 1234;
    free_sized(NULL, 0);
    free_sized(NULL, 100);
    free_aligned_sized(NULL, 64, 0);
    for (size_t size = 0; size < 3000; size = size * 2 + 1) {
        free_sized(keep(malloc(size)), size);
        free_sized(keep(calloc(size, 1)), size);
        free_aligned_sized(keep(aligned_alloc(64, size)), 64, size);
    }
    puts(errno == 1234 ? "done" : "errno changed");
    return 0;
}
