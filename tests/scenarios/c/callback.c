/* free handed to a library as a function pointer, the way hash tables and lists take one: the library calls it, on the
 * program's blocks, as the program asked. Found by dlsym it is the same.
 *
 * @libs vault
 * @flags -ldl
 * @run list
 * @origin correct free as a function pointer that a library calls
 * @forbid cross-side-free
 * @run release-with
 * @forbid cross-side-free
 * @run dlsym
 * @forbid cross-side-free
 */
#include "keep.h"
#include "vault.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "list";
    if (strcmp(what, "list") == 0) {
        struct vault_list *list = vault_list_new();
        vault_list_add(list, keep(malloc(51)));
        vault_list_add(list, keep(strdup("an item")));
        vault_list_free(list, free);
    } else if (strcmp(what, "release-with") == 0) {
        vault_release_with(keep(malloc(52)), free);
        vault_release_with(keep(vault_make(53)), NULL);
    } else {
        void (*release)(void *) = NULL;
        *(void **)&release = dlsym(RTLD_DEFAULT, "free");
        vault_release_with(keep(malloc(54)), release);
        release(keep(vault_make(55)));
    }
    puts("done");
    return 0;
}
