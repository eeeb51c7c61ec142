/* Group C over a C boundary: dashpay/platform issue 3289 returned a Vec with room to spare as pointer and length, and
 * took it back as Vec::from_raw_parts(p, len, len); libdatadog issue 1698 took bytes back as a string.
 *
 * @libs ferrite
 * @run capacity
 * @expect layout-mismatch error exact owner=$ferrite/rust/rust by=$ferrite/rust/rust call=__rust_dealloc size=150 given-size=70 alloc=$ferrite release=*
 * @run string
 * @expect layout-mismatch error exact owner=$ferrite/rust/rust by=$ferrite/rust/rust call=__rust_dealloc size=28 given-size=6 alloc=$ferrite release=*
 * @run good
 */
#include "ferrite.h"
#include "keep.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (strcmp(what, "capacity") == 0) {
        ferrite_bytes_free(keep(ferrite_bytes(70, 150)), 70, 70);
    } else if (strcmp(what, "string") == 0) {
        char *text = keep(ferrite_string());
        text[5] = '\0';
        ferrite_string_free(text);
    } else {
        ferrite_bytes_free(keep(ferrite_bytes(70, 150)), 70, 150);
        ferrite_string_free(keep(ferrite_string()));
    }
    puts("done");
    return 0;
}
