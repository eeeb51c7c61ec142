/* A Rust library linked into a C program, shared (cdylib) or static (staticlib), in every way that Rust is built. Of correct
 * code nothing is ever told, be it told exactly who calls or not.
 *
 * @libs ferrite
 * @builds cc=gcc opt=2 ld=lld link=shared,static
 * @builds cc=clang opt=0 panic=abort link=static
 * @builds cc=gcc opt=2 entries=one-missing link=shared
 * @more cc=gcc opt=0 profile=debug,release,1,s,z link=shared,static
 * @more cc=gcc opt=2 ld=bfd,gold,lld link=shared,static
 * @more cc=clang opt=2 panic=abort units=1 link=shared,static
 * @more cc=gcc opt=2 lto=fat,thin debug-info=full,none link=shared,static
 * @more cc=gcc opt=2 strip=yes link=shared,static
 * @more cc=gcc opt=2 std=shared link=shared
 * @more cc=gcc opt=0,2 entries=renamed,foreign,one-missing,stripped link=shared,static
 * @run rust-to-free
 * @expect[lto=no entries=kept,renamed,stripped] cross-allocator-free error exact owner=$ferrite/rust/rust,$std/rust/rust by=$prog/c/malloc call=free size=72 align=1 alloc=$ferrite release=$prog
 * @expect[lto=no strip=no entries=foreign,one-missing] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=72 alloc=$ferrite release=$prog
 * @expect[lto=fat,thin debug-info=full link=shared] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=72 alloc=$ferrite release=$prog
 * @allow warning
 * @run c-to-rust
 * @expect[lto=no entries=kept,renamed,stripped] cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust,$std/rust/rust call=__rust_dealloc size=21 alloc=$prog release=$ferrite
 * @expect[lto=no strip=no entries=foreign,one-missing] cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust call=free size=21 alloc=$prog release=$ferrite
 * @expect[lto=fat,thin debug-info=full] cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust call=free size=21 alloc=$prog release=$ferrite
 * @allow warning
 * @run capacity
 * @expect[lto=no entries=kept,renamed,stripped] layout-mismatch error exact owner=$ferrite/rust/rust,$std/rust/rust by=$ferrite/rust/rust,$std/rust/rust call=__rust_dealloc size=151 given-size=71 alloc=$ferrite release=*
 * @run good
 * @forbid cross-allocator-free
 * @forbid cross-side-free
 */
#include "ferrite.h"
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void good(void)
{
    ferrite_string_free(keep(ferrite_string()));
    ferrite_take_string(keep(ferrite_string()));
    ferrite_box_free(keep(ferrite_box()));
    ferrite_bytes_free(keep(ferrite_bytes(71, 151)), 71, 151);
    free(keep(strdup("twenty characters xx")));
    free(keep(realloc(keep(malloc(72)), 720)));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "rust-to-free") == 0)
        free(keep(ferrite_box()));
    else if (strcmp(what, "c-to-rust") == 0)
        ferrite_take_string(keep(strdup("twenty characters xx")));
    else if (strcmp(what, "capacity") == 0)
        ferrite_bytes_free(keep(ferrite_bytes(71, 151)), 71, 71);
    else
        good();
    puts("done");
    return 0;
}
