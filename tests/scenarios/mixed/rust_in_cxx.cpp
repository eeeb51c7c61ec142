// A Rust library linked into a C++ program, shared (cdylib) or static (staticlib): Rust's blocks in C++ owners, with the
// library's own deleter and with a wrong one.
//
// @libs ferrite
// @builds cc=clang opt=2 link=shared,static
// @more cc=gcc,clang opt=0,2 link=shared,static
// @more cc=gcc opt=2 lto=fat,thin debug-info=full,none link=shared,static
// @more cc=gcc opt=2 ld=bfd,gold,lld panic=abort units=1 link=shared,static
// @more cc=gcc opt=2 strip=yes link=shared,static
// @more cc=gcc opt=2 profile=s link=shared,static
// @run default-deleter
// @expect[lto=no] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c++/new size=72 align=1 alloc=$ferrite release=$prog
// @expect[lto=fat,thin debug-info=full] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/c++/new size=72 alloc=$ferrite release=$prog
// @allow warning
// @run free
// @expect[lto=no] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/*/malloc call=free size=28 align=1 alloc=$ferrite release=$prog
// @expect[lto=fat,thin debug-info=full link=shared] cross-allocator-free error exact owner=$ferrite/rust/rust by=$prog/*/malloc call=free size=28 alloc=$ferrite release=$prog
// @allow warning
// @run new-to-rust
// @expect[lto=no] cross-allocator-free error exact owner=$prog/c++/new by=$ferrite/rust/rust call=__rust_dealloc size=73 release=*
// @allow warning
// @run good
// @forbid cross-allocator-free
// @forbid cross-side-free
#include "ferrite.h"
#include "keep.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Box {
    char bytes[FERRITE_BOX_SIZE];
};

struct BoxReleaser {
    void operator()(Box *box) const
    {
        ferrite_box_free(box);
    }
};

using OwnedBox = std::unique_ptr<Box, BoxReleaser>;

static Box *made()
{
    return static_cast<Box *>(keep(ferrite_box()));
}

static void unwound()
{
    OwnedBox box(made());
    throw std::runtime_error("a text that does not fit into the string itself, and unwinds past a box of Rust's");
}

static void good()
{
    std::vector<OwnedBox> boxes;
    for (int i = 0; i < 20; i++)
        boxes.emplace_back(made());
    boxes.erase(boxes.begin(), boxes.begin() + 10);
    try {
        unwound();
    } catch (const std::runtime_error &error) {
        boxes.clear();
    }
    std::shared_ptr<char> text(ferrite_string(), ferrite_string_free);
    std::string copy(text.get());
    copy += copy;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (!strcmp(what, "default-deleter"))
        std::unique_ptr<Box> box(made());
    else if (!strcmp(what, "free"))
        free(keep(ferrite_string()));
    else if (!strcmp(what, "new-to-rust"))
        ferrite_box_free(keep(::operator new(73)));
    else
        good();
    puts("done");
    return 0;
}
