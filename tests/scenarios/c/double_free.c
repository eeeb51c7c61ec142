/* A block released twice: at once, in a loop (one finding, counted), and by two modules.
 *
 * @libs vault
 * @run bug
 * @expect double-free error exact owner=$prog/c/malloc by=$prog/c/malloc call=free size=41 alloc=$prog release=$prog first=$prog
 * @run loop
 * @expect double-free error exact owner=$prog/c/malloc size=42 total=5 call=free
 * @run shared
 * @expect double-free error exact owner=$vault/c/malloc by=$prog/c/malloc size=43 alloc=$vault first=$vault release=$prog
 * @run good
 */
#include "keep.h"
#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void release_twice(void *block)
{
    void *again = keep(block);
    free(block);
    free(again);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "bug") == 0) {
        release_twice(keep(malloc(41)));
    } else if (strcmp(what, "loop") == 0) {
        for (volatile int i = 0; i < 5; i++)
            release_twice(keep(malloc(42)));
    } else if (strcmp(what, "shared") == 0) {
        void *block = keep(vault_make_counted(43));
        void *again = keep(block);
        vault_free_counted(block);
        free(again);
    } else {
        void *block = keep(malloc(41));
        free(block);
        block = keep(malloc(41));
        free(keep(block));
    }
    puts("done");
    return 0;
}
