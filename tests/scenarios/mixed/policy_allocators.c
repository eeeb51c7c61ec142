/* A policy and blocks that go to another allocator: allowed only where the rule names both.
 *
 * @libs ferrite
 * @builds cc=clang opt=2 link=shared
 * @run both-named
 * @policy allow from=$ferrite from-contract=rust to-contract=malloc
 * @run one-named
 * @policy allow from=$ferrite from-contract=rust
 * @unused 1
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 policy=none
 * @run none-named
 * @policy allow from=* to=*
 * @unused 1
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 policy=none
 * @run forbidden
 * @policy forbid from=$ferrite to-lang=c
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 policy=1
 * @run good
 * @policy forbid from=*
 * @unused 1
 */
#include "ferrite.h"
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "good") != 0)
        free(keep(ferrite_string()));
    else
        ferrite_string_free(keep(ferrite_string()));
    puts("done");
    return 0;
}
