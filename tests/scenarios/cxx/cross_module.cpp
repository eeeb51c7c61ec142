// What a C++ library makes and its program releases. The same contract is only a note for new; another contract is
// another allocator, or, linked statically, the wrong function of one side.
//
// @libs press
// @run new-delete
// @expect[link=shared] cross-side-free note exact owner=$press/c++/new by=$prog/c++/new size=4 alloc=$press release=$prog
// @run new-free
// @expect[link=shared] cross-allocator-free error exact owner=$press/c++/new by=$prog/c++/malloc call=free size=4
// @expect[link=static] mismatched-release error exact owner=$prog/c++/new by=$prog/*/malloc call=free size=4
// @run array-delete
// @expect[link=shared] cross-allocator-free error exact owner=$press/c++/new[] by=$prog/c++/new size=44
// @expect[link=static] mismatched-release error exact owner=$prog/c++/new[] by=$prog/c++/new size=44
// @run malloc-delete
// @expect[link=shared] cross-allocator-free error exact owner=$press/c++/malloc by=$prog/c++/new size=55
// @expect[link=static] mismatched-release error exact owner=$prog/*/malloc by=$prog/c++/new size=55
// @run malloc-free
// @expect[link=shared] cross-side-free warning exact owner=$press/c++/malloc by=$prog/c++/malloc call=free size=56
// @run good
// @forbid cross-side-free
#include "keep.h"
#include "press.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "new-delete")) {
        delete static_cast<int *>(keep(press_int_new(1)));
    } else if (!strcmp(what, "new-free")) {
        free(keep(press_int_new(2)));
    } else if (!strcmp(what, "array-delete")) {
        ::operator delete(keep(press_ints_new(11)));
    } else if (!strcmp(what, "malloc-delete")) {
        ::operator delete(keep(press_malloc(55)));
    } else if (!strcmp(what, "malloc-free")) {
        free(keep(press_malloc(56)));
    } else {
        press_int_delete(press_int_new(1));
        press_ints_delete(press_ints_new(11));
        press_free(press_malloc(55));
        press_object_destroy(press_object_new());
    }
    puts("done");
    return 0;
}
