// A part in C++: a mangled function, and one that C can call.
#include <cstdlib>

void *cxx_makes(std::size_t size)
{
    return std::malloc(size + 2);
}

extern "C" void *cxx_makes_for_c(std::size_t size)
{
    return cxx_makes(size + 1);
}
