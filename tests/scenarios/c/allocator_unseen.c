/* An allocator in the place of libc's, of which nothing is seen, since its functions cannot be redirected: what is released
 * with free() may well be its, and nobody is accused.
 *
 * @libs stubborn
 * @builds cc=gcc opt=0 link=shared
 * @flags -fno-builtin
 * @run good
 * @forbid foreign-free
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mi_malloc(size_t size);
void mi_free(void *block);

int main(void)
{
    char *block = mi_malloc(40);
    strcpy(block, "its own");
    free(block);
    mi_free(mi_malloc(50));
    free(malloc(60));
    puts("done");
    return 0;
}
