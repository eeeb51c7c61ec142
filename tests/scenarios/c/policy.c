/* A policy decides what a library and its program may release of each other: the same releases as in cross_side_free.c,
 * with other outcomes.
 *
 * @libs vault
 * @builds cc=gcc opt=0,2 link=shared
 * @run warned
 * @expect cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=33 policy=none
 * @expect cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=free size=34
 * @expect cross-side-free warning exact owner=$vault/c/malloc by=$prog/c/malloc call=realloc size=35
 * @expect cross-side-free warning exact owner=$prog/c/malloc by=$vault/c/malloc call=free size=36
 *
 * @run allowed
 * @policy allow from=$vault to=$prog # its users release what it hands out
 * @policy allow from=$prog contract=malloc
 * @forbid cross-side-free
 *
 * @run in-a-function
 * @policy allow from=$vault to-function=adopt
 * @expect cross-side-free warning exact size=34
 * @expect cross-side-free warning exact size=35
 * @expect cross-side-free warning exact size=36
 *
 * @run made-in-a-function
 * @policy allow from-function=vault_make_z*
 * @expect cross-side-free warning exact size=33
 * @expect cross-side-free warning exact size=35
 * @expect cross-side-free warning exact size=36
 *
 * @run by-one-call
 * @policy allow call=realloc from-module=$vault to-lang=c
 * @expect cross-side-free warning exact size=33
 * @expect cross-side-free warning exact size=34
 * @expect cross-side-free warning exact size=36
 *
 * @run forbidden
 * @policy # only one way
 * @policy forbid from=$prog to=libvault.so*
 * @expect cross-side-free error exact owner=$prog/c/malloc by=$vault/c/malloc call=free size=36 policy=2
 * @expect cross-side-free warning exact size=33 policy=none
 * @expect cross-side-free warning exact size=34 policy=none
 * @expect cross-side-free warning exact size=35 policy=none
 *
 * @run first-decides
 * @policy allow from=$vault to-function=adopt
 * @policy forbid from=$vault call=free
 * @policy allow from=*
 * @policy forbid from=*
 * @unused 4
 * @expect cross-side-free error exact size=34 policy=2
 *
 * @run one-side
 * @policy side ours module=libvault.so
 * @policy side ours module=policy
 * @policy side theirs module=libnot.so*
 * @unused 3
 * @forbid cross-side-free
 *
 * @run named
 * @policy side "the vault" module=libvault.so lang=c
 * @policy forbid from="the vault" to=$prog
 * @policy allow to="the vault"
 * @expect cross-side-free error exact call=free size=33 policy=2 alloc=$vault
 * @expect cross-side-free error exact call=free size=34 policy=2
 * @expect cross-side-free error exact call=realloc size=35 policy=2
 *
 * @run apart
 * @policy isolate $vault
 * @policy allow from=*
 * @forbid cross-side-free
 *
 * @run together
 * @policy allow from=*
 *
 * @run twice
 * @policy allow from=* to=*
 * @expect double-free error exact owner=$vault/c/malloc size=37 policy=none
 *
 * @run nothing
 * @policy forbid from=*
 * @policy isolate nobody
 * @unused 1 2
 */
#include "keep.h"
#include "vault.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Isolated sides lie further apart than blocks of one heap. */
#define FAR ((uintptr_t)1 << 30)

__attribute__((noinline)) void adopt(void *block)
{
    free(keep(block));
    keep(NULL);
}

static void cross(void)
{
    adopt(vault_make_counted(33));
    free(keep(vault_make_zeroed(2, 17)));
    free(keep(realloc(keep(vault_make_counted(35)), 350)));
    vault_free_counted(keep(malloc(36)));
}

static int are_apart(void)
{
    void *mine = keep(malloc(33)), *its = vault_make_counted(33);
    uintptr_t low = (uintptr_t)mine, high = (uintptr_t)its;
    free(mine);
    free(keep(its));
    return (high > low ? high - low : low - high) > FAR;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "nothing";
    if (strcmp(what, "apart") == 0) {
        if (!are_apart())
            return 1;
    } else if (strcmp(what, "together") == 0) {
        if (are_apart())
            return 1;
    } else if (strcmp(what, "twice") == 0) {
        void *block = vault_make_counted(37);
        adopt(block);
        adopt(keep(block));
    } else if (strcmp(what, "nothing") == 0) {
        vault_free_counted(keep(vault_make_counted(38)));
    } else {
        cross();
    }
    puts("done");
    return 0;
}
