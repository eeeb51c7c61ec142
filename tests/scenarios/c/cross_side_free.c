/* A library mallocs, the program frees: right where both use one libc, wrong as soon as one of them does not. Linked
 * statically the library is the program's own side.
 *
 * @libs vault
 * @run bug
 * @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=33 align=* alloc=$vault release=$prog
 * @run zeroed
 * @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=34 alloc=$vault release=$prog
 * @run strict
 * @cli --strict
 * @expect[link=shared] cross-side-free error exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=35 alloc=$vault release=$prog
 * @run reverse
 * @expect[link=shared] cross-side-free warning exact owner=$prog/c/malloc by=$vault/c/malloc call=free size=36 alloc=$prog release=$vault
 * @run realloc
 * @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=realloc size=37 alloc=$vault release=$prog
 * @run good
 * @forbid cross-side-free
 */
#include "keep.h"
#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "bug") == 0)
        free(keep(vault_make_counted(33)));
    else if (strcmp(what, "zeroed") == 0)
        free(keep(vault_make_zeroed(2, 17)));
    else if (strcmp(what, "strict") == 0)
        free(keep(vault_make_counted(35)));
    else if (strcmp(what, "reverse") == 0)
        vault_free_counted(keep(malloc(36)));
    else if (strcmp(what, "realloc") == 0)
        free(keep(realloc(keep(vault_make_counted(37)), 370)));
    else {
        vault_free_counted(keep(vault_make_counted(33)));
        vault_free(keep(vault_grow(keep(vault_make_counted(37)), 370)));
        free(keep(realloc(keep(malloc(36)), 360)));
    }
    puts("done");
    return 0;
}
