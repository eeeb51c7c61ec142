/* A C program gives its own blocks to a Rust library that rebuilds owners from them; and gives one back twice.
 *
 * @libs ferrite
 * @run string
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust call=__rust_dealloc size=21 alloc=$prog release=$ferrite
 * @run box
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=$ferrite/rust/rust call=__rust_dealloc size=73 alloc=$prog release=*
 * @run twice
 * @expect double-free error exact owner=$ferrite/rust/rust by=$ferrite/rust/rust call=__rust_dealloc size=72 alloc=$ferrite release=* first=*
 * @run stack
 * @expect invalid-free error exact place=stack by=$ferrite/rust/rust call=__rust_dealloc release=$ferrite
 * @run good
 */
#include "ferrite.h"
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    char local[] = "on the stack";
    if (strcmp(what, "string") == 0) {
        ferrite_take_string(keep(strdup("twenty characters xx")));
    } else if (strcmp(what, "box") == 0) {
        ferrite_box_free(keep(malloc(73)));
    } else if (strcmp(what, "twice") == 0) {
        void *box = ferrite_box();
        void *again = keep(box);
        ferrite_box_free(box);
        ferrite_box_free(again);
    } else if (strcmp(what, "stack") == 0) {
        ferrite_take_string(keep(local));
    } else {
        char *text = keep(strdup("twenty characters xx"));
        free(text);
        ferrite_box_free(keep(ferrite_box()));
    }
    puts("done");
    return 0;
}
