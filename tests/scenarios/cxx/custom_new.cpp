// A program with operators of its own, over malloc: they win over everyone's, in its libraries too, and none of it is a
// mismatch.
//
// @libs press
// @run good
#include "keep.h"
#include "press.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>

static unsigned long made, released;

void *operator new(std::size_t size)
{
    made++;
    if (void *block = malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}

void *operator new[](std::size_t size)
{
    return operator new(size);
}

void operator delete(void *block) noexcept
{
    released++;
    free(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    operator delete(block);
}

void operator delete[](void *block) noexcept
{
    operator delete(block);
}

void operator delete[](void *block, std::size_t) noexcept
{
    operator delete(block);
}

int main()
{
    {
        std::vector<std::string> lines = press_lines(20);
        delete static_cast<int *>(keep(new int(5)));
        delete[] static_cast<int *>(keep(new int[5]));
        press_int_delete(press_int_new(1));
        delete static_cast<int *>(keep(press_int_new(2)));
    }
    std::cout << (made >= 20 && made == released ? "done" : "wrong") << std::endl;
    return 0;
}
