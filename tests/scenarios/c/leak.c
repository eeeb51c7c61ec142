/* Blocks never released, billed to the side and the place that made them: three of the library's from one call, one of
 * the program's. What was released is no leak.
 *
 * @libs vault
 * @run bug
 * @expect leak error exact owner=$vault/c/malloc class=definite blocks=3 bytes=333 alloc=$vault
 * @expect leak error exact owner=$prog/c/malloc class=definite blocks=1 bytes=74 alloc=$prog
 * @run good
 * @forbid leak bytes=333
 * @forbid leak bytes=74
 */
#include "keep.h"
#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int leaks = argc > 1 && strcmp(argv[1], "bug") == 0;
    void *blocks[3];
    for (volatile int i = 0; i < 3; i++)
        blocks[i] = keep(vault_make_counted(111));
    void *own = keep(malloc(74));
    if (!leaks) {
        for (int i = 0; i < 3; i++)
            vault_free_counted(blocks[i]);
        free(own);
    }
    puts("done");
    return 0;
}
