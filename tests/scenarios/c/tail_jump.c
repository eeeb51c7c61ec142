/* `void vault_free(void *p) { free(p); }` compiles to a tail jump: free then returns into the program, and a naive tool
 * accuses it. Nobody did anything wrong here, in whichever way the two are compiled and linked. The last run shows that
 * the blocks do belong to the library, whose vault_make is a tail jump as well.
 *
 * @libs vault
 * @builds cc=gcc,clang opt=2 link=shared,static pie=yes,no plt=yes,no bind=lazy,now cet=no,yes
 * @run good
 * @origin correct `void lib_free(char *s) { free(s); }` called from C
 * @forbid cross-side-free
 * @run bug
 * @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=45 alloc=*
 * @run reverse
 * @expect[link=shared] cross-side-free warning exact owner=$prog/c/malloc by=$vault/c/malloc call=free size=46 alloc=$prog release=*
 */
#include "keep.h"
#include "vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "bug") == 0) {
        free(keep(vault_make(45)));
    } else if (strcmp(what, "reverse") == 0) {
        vault_free(keep(malloc(46)));
    } else {
        vault_free(keep(vault_make(45)));
        vault_discard(keep(vault_make(47)));
        vault_free(keep(vault_copy("a copy that the vault takes back")));
        vault_free(keep(vault_grow(keep(vault_make(48)), 480)));
        vault_discard(keep(vault_make_zeroed(7, 7)));
        free(keep(malloc(46)));
    }
    puts("done");
    return 0;
}
