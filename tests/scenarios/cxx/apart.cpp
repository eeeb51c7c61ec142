// Values of the C++ library cross between modules that each carry a C++ library of their own, and hide its operators. Where
// they can be told, such a release is a note as with shared operators. Stripped, they look like malloc and free; then
// what looks so across two such modules is a note at most, and inferred.
//
// @libs press
// @builds cc=gcc opt=0,2 link=shared runtime=hidden strip=no,yes
// @run good
// @forbid cross-allocator-free
// @forbid mismatched-release
// @run bug
// @expect[strip=no] cross-side-free note exact owner=$press/c++/new by=$prog/c++/new size=44 alloc=$press
// @run own-bug
// @expect cross-side-free note inferred owner=$press/c++/malloc by=$prog/c++/malloc size=56
#include "keep.h"
#include "press.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

static std::size_t values()
{
    std::string text = press_text("word and ", 20);
    std::vector<std::string> lines = press_lines(10);
    lines.push_back(std::move(text));
    std::shared_ptr<int> number = press_shared(7);
    std::unique_ptr<std::string> one = press_unique(lines.back());
    std::size_t length = one->size() + static_cast<std::size_t>(*number);
    press_consume(std::move(lines));
    return length;
}

int main(int argc, char **argv)
{
    bool right = true;
    if (argc > 1 && !std::strcmp(argv[1], "bug"))
        delete[] static_cast<int *>(keep(press_ints_new(11)));
    else if (argc > 1 && !std::strcmp(argv[1], "own-bug"))
        std::free(keep(press_malloc(56)));
    else
        right = values() == 187;
    std::puts(right ? "done" : "wrong");
    return 0;
}
