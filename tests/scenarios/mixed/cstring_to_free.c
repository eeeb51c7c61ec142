/* Group A: a C program releases what a Rust library made. jyt 0.1.1 returned CString::into_raw from its C API and its
 * callers called free; in systemd (PR 19598) a Rust function took the place of one that returned strdup, and the callers
 * stayed as they were. The fix is an exported function that takes the pointer back.
 *
 * @libs ferrite
 * @run jyt
 * @origin A jyt 0.1.1
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=28 align=1 alloc=$ferrite release=$prog
 * @run strdup-contract
 * @origin A systemd pull request 19598
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=* call=free size=28 align=1 alloc=$ferrite
 * @run box
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=free size=72 align=1 alloc=$ferrite release=$prog
 * @run realloc
 * @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c/malloc call=realloc size=28 alloc=$ferrite release=$prog
 * @run good
 * @origin correct A Rust function that releases for C ends in a tail jump to the allocator
 */
#include "ferrite.h"
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The contract of the C function that Rust replaced: what `describe` returns is released with free. */
static char *describe_in_c(void)
{
    return strdup("described in C");
}

static void print_description(char *(*describe)(void))
{
    char *text = keep(describe());
    if (strlen(text) > 100)
        puts("too long");
    free(text);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "jyt") == 0) {
        free(keep(ferrite_string()));
    } else if (strcmp(what, "strdup-contract") == 0) {
        print_description(ferrite_string);
    } else if (strcmp(what, "box") == 0) {
        free(keep(ferrite_box()));
    } else if (strcmp(what, "realloc") == 0) {
        free(keep(realloc(keep(ferrite_string()), 280)));
    } else {
        ferrite_string_free(keep(ferrite_string()));
        ferrite_take_string(keep(ferrite_string()));
        ferrite_box_free(keep(ferrite_box()));
        print_description(describe_in_c);
    }
    puts("done");
    return 0;
}
