// The same with LLVM's C++ library: its strings, streams and exceptions.
//
// @builds cc=clang opt=0,2 stdlib=libc++
// @run good
// @run bug
// @expect mismatched-release error exact owner=$prog/c++/new by=$prog/c++/malloc call=free size=63
#include "keep.h"

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

static size_t work()
{
    std::vector<std::string> lines;
    for (int i = 0; i < 50; i++)
        lines.push_back(std::string(static_cast<size_t>(i), 'x'));
    std::ostringstream stream;
    for (auto &line : lines)
        stream << line << '\n';
    try {
        lines.at(100);
    } catch (const std::out_of_range &error) {
        stream << error.what();
    }
    return stream.str().size();
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "bug"))
        free(keep(::operator new(63)));
    std::cout << (work() > 1000 ? "done" : "wrong") << std::endl;
    return 0;
}
