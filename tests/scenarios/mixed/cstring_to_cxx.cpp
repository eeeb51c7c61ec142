// Group A in C++: brave/adblock-rust-ffi (PR 13) gave CString::into_raw to free in its C++ wrapper; others hand such a
// pointer to a unique_ptr with the default deleter.
//
// @libs ferrite
// @run free
// @origin A brave/adblock-rust-ffi pull request 13
// @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c++/malloc call=free size=28 align=1 alloc=$ferrite release=$prog
// @run unique-ptr
// @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c++/new size=28 align=1 alloc=$ferrite release=$prog
// @run array
// @expect cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c++/new[] size=28 align=1 alloc=$ferrite release=$prog
// @run good
#include "ferrite.h"
#include "keep.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

static std::string taken(char *text, void (*release)(char *))
{
    std::string copy(text);
    release(text);
    return copy;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "free"))
        free(keep(ferrite_string()));
    else if (!strcmp(what, "unique-ptr"))
        std::unique_ptr<char> text(static_cast<char *>(keep(ferrite_string())));
    else if (!strcmp(what, "array"))
        std::unique_ptr<char[]> text(static_cast<char *>(keep(ferrite_string())));
    else if (taken(ferrite_string(), ferrite_string_free).size() != 27)
        return 1;
    puts("done");
    return 0;
}
