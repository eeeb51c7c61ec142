// The right side, the wrong function: malloc, new and new[] mixed inside one program.
//
// @run malloc-delete
// @expect mismatched-release error exact owner=$prog/c++/malloc by=$prog/c++/new size=31 alloc=$prog release=$prog
// @run malloc-delete-array
// @expect mismatched-release error exact owner=$prog/c++/malloc by=$prog/c++/new[] call=_ZdaPv size=32
// @run new-free
// @expect mismatched-release error exact owner=$prog/c++/new by=$prog/c++/malloc call=free size=48 alloc=$prog release=$prog
// @run new-delete-array
// @expect mismatched-release error exact owner=$prog/c++/new by=$prog/c++/new[] call=_ZdaPv size=48
// @run array-free
// @expect mismatched-release error exact owner=$prog/c++/new[] by=$prog/c++/malloc call=free size=88
// @run array-delete
// @expect mismatched-release error exact owner=$prog/c++/new[] by=$prog/c++/new size=88
// @run new-realloc
// @expect mismatched-release error exact owner=$prog/c++/new by=$prog/c++/malloc call=realloc size=48
// @run strdup-delete
// @expect mismatched-release error exact owner=$prog/c++/malloc by=$prog/c++/new[] call=_ZdaPv size=20
// @run good
#include "keep.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

struct Thing {
    char bytes[48];
};

static Thing *thing()
{
    return static_cast<Thing *>(keep(new Thing));
}

static int *numbers()
{
    return static_cast<int *>(keep(new int[22]));
}

static void good()
{
    free(keep(malloc(31)));
    delete thing();
    delete[] numbers();
    free(keep(realloc(keep(malloc(32)), 320)));
    free(keep(strdup("nineteen characters")));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "malloc-delete"))
        ::operator delete(keep(malloc(31)));
    else if (!strcmp(what, "malloc-delete-array"))
        ::operator delete[](keep(malloc(32)));
    else if (!strcmp(what, "new-free"))
        free(keep(thing()));
    else if (!strcmp(what, "new-delete-array"))
        ::operator delete[](keep(thing()));
    else if (!strcmp(what, "array-free"))
        free(keep(numbers()));
    else if (!strcmp(what, "array-delete"))
        ::operator delete(keep(numbers()));
    else if (!strcmp(what, "new-realloc"))
        free(keep(realloc(keep(thing()), 480)));
    else if (!strcmp(what, "strdup-delete"))
        ::operator delete[](keep(strdup("nineteen characters")));
    else
        good();
    puts("done");
    return 0;
}
