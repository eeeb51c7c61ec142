/* Two Rust libraries, each with a standard library of its own, loaded by a C program. A block of one released by the other
 * crosses between two allocators that only happen to end in the same malloc. After dlclose and dlopen, the library is
 * told as before.
 *
 * @plugins ferrite cobalt
 * @flags -ldl
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0 panic=abort
 * @more cc=gcc,clang opt=0,2
 * @more cc=gcc opt=2 lto=fat,thin debug-info=full,none
 * @more cc=gcc opt=2 ld=lld,gold units=1
 * @more cc=gcc opt=2 std=shared
 * @more cc=gcc opt=2 strip=yes
 * @more cc=gcc opt=0,2 entries=renamed,foreign,one-missing,stripped
 * @run rust-to-free
 * @expect[lto=no strip=no entries=kept,renamed std=own ld=bfd,lld] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=72 alloc=$ferrite release=$prog
 * @allow warning
 * @run c-to-rust
 * @expect[opt=0 lto=no strip=no entries=kept,renamed std=own] cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust size=73 release=*
 * @allow warning
 * @run rust-to-rust
 * @expect[opt=0 lto=no strip=no entries=kept,renamed std=own] cross-side-free warning exact owner=$ferrite/rust/rust by=$cobalt/rust/rust size=72 alloc=$ferrite release=*
 * @allow warning
 * @run again
 * @expect[lto=no strip=no entries=kept,renamed std=own ld=bfd,lld] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=72 alloc=$ferrite release=$prog
 * @allow warning
 * @run good
 * @forbid cross-allocator-free
 * @forbid cross-side-free
 */
#include "keep.h"
#include "loaded.h"

static void again(void)
{
    void *ferrite = load("libferrite.so");
    taker(ferrite, "ferrite_box_free")(keep(maker(ferrite, "ferrite_box")()));
    dlclose(ferrite);
    ferrite = load("libferrite.so");
    free(keep(maker(ferrite, "ferrite_box")()));
    dlclose(ferrite);
}

static void good(void *ferrite, void *cobalt)
{
    taker(ferrite, "ferrite_box_free")(keep(maker(ferrite, "ferrite_box")()));
    taker(ferrite, "ferrite_string_free")(keep(maker(ferrite, "ferrite_string")()));
    taker(cobalt, "cobalt_box_free")(keep(maker(cobalt, "cobalt_box")()));
    void *box = keep(maker(cobalt, "cobalt_box")());
    dlclose(ferrite);
    taker(cobalt, "cobalt_box_free")(box);
    dlclose(cobalt);
    free(keep(malloc(72)));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "again") == 0) {
        again();
        puts("done");
        return 0;
    }
    void *ferrite = load("libferrite.so"), *cobalt = load("libcobalt.so");
    if (strcmp(what, "rust-to-free") == 0)
        free(keep(maker(ferrite, "ferrite_box")()));
    else if (strcmp(what, "c-to-rust") == 0)
        taker(ferrite, "ferrite_box_free")(keep(malloc(73)));
    else if (strcmp(what, "rust-to-rust") == 0)
        taker(cobalt, "cobalt_box_free")(keep(maker(ferrite, "ferrite_box")()));
    else
        good(ferrite, cobalt);
    puts("done");
    return 0;
}
