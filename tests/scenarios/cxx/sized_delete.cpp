// operator delete is told a size and an alignment that the block does not have: an object deleted as another type.
//
// @flags -fsized-deallocation
// @run size
// @expect layout-mismatch error exact owner=$prog/c++/new by=$prog/c++/new call=_ZdlPvm size=96 given-size=24 alloc=$prog release=$prog
// @run array-size
// @expect layout-mismatch error exact owner=$prog/c++/new[] by=$prog/c++/new[] call=_ZdaPvm size=97 given-size=25
// @run align
// @expect layout-mismatch error exact owner=$prog/c++/new by=$prog/c++/new call=_ZdlPvmSt11align_val_t size=128 align=64 given-align=32
// @run aligned-as-plain
// @expect layout-mismatch error exact owner=$prog/c++/new by=$prog/c++/new call=_ZdlPvm size=192 align=64 given-size=24
// @run good
#include "keep.h"

#include <cstdio>
#include <cstring>
#include <new>

struct Large {
    long numbers[12];
};
struct Small {
    long numbers[3];
};
struct alignas(64) Wide {
    char bytes[128];
};

static void good()
{
    delete static_cast<Large *>(keep(new Large));
    delete static_cast<Small *>(keep(new Small));
    delete static_cast<Wide *>(keep(new Wide));
    delete[] static_cast<Wide *>(keep(new Wide[2]));
    delete[] static_cast<char *>(keep(new char[97]));
    ::operator delete[](keep(::operator new[](97)), 97);
    ::operator delete(keep(::operator new(192, std::align_val_t(64))), 192, std::align_val_t(64));
    ::operator delete(keep(::operator new(193, std::align_val_t(64))), std::align_val_t(64));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "size"))
        delete static_cast<Small *>(keep(new Large));
    else if (!strcmp(what, "array-size"))
        ::operator delete[](keep(::operator new[](97)), 25);
    else if (!strcmp(what, "align"))
        ::operator delete(keep(new Wide), sizeof(Wide), std::align_val_t(32));
    else if (!strcmp(what, "aligned-as-plain"))
        delete static_cast<Small *>(keep(::operator new(192, std::align_val_t(64))));
    else
        good();
    puts("done");
    return 0;
}
