// Operators that a program replaces in part, for one class, or not at all, each right as C++ has it: whatever it leaves out
// is the C++ library's, which is told nothing. Custody steps aside where the program's own operators take part.
//
// @builds cc=gcc,clang opt=2 replaced=new,delete,sized,nothrow,aligned,nothing
// @flags -fsized-deallocation -Wno-mismatched-new-delete -Wno-unknown-warning-option -Wno-sized-deallocation
// @run good
// @run bug
// @expect[replaced=nothing] mismatched-release error exact owner=$prog/c++/new by=$prog/c++/malloc call=free size=221
#include "keep.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

static unsigned long calls;

#if defined REPLACED_NEW
void *operator new(std::size_t size)
{
    calls++;
    if (void *block = std::malloc(size + 8))
        return block;
    throw std::bad_alloc();
}
#elif defined REPLACED_DELETE
void operator delete(void *block) noexcept
{
    calls++;
    std::free(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    operator delete(block);
}
#elif defined REPLACED_SIZED
void operator delete(void *block, std::size_t) noexcept
{
    calls++;
    std::free(block);
}
#elif defined REPLACED_NOTHROW
void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    calls++;
    return std::calloc(1, size);
}
#elif defined REPLACED_ALIGNED
void *operator new(std::size_t size, std::align_val_t align)
{
    calls++;
    void *block = nullptr;
    if (posix_memalign(&block, static_cast<std::size_t>(align), size) == 0)
        return block;
    throw std::bad_alloc();
}
#endif

/* Its own pool of two, and malloc behind that. */
struct Pooled {
    static void *operator new(std::size_t size)
    {
        return used < 2 ? static_cast<void *>(places[used++]) : std::malloc(size);
    }
    static void operator delete(void *block)
    {
        auto *at = static_cast<unsigned char *>(block);
        if (at < places[0] || at >= places[0] + sizeof places)
            std::free(block);
    }
    long number = 7;
    alignas(16) static unsigned char places[2][16];
    static unsigned used;
};

alignas(16) unsigned char Pooled::places[2][16];
unsigned Pooled::used;

struct alignas(64) Wide {
    char bytes[64] = {};
};

struct Plain {
    virtual ~Plain() = default;
    std::string text = "a text that does not fit into the object itself";
};

static void objects()
{
    std::vector<std::unique_ptr<Plain>> many;
    for (int i = 0; i < 20; i++)
        many.push_back(std::make_unique<Plain>());
    delete new Plain;
    delete new (std::nothrow) Plain;
    delete new Wide;
    delete[] new Wide[3];
    delete[] new int[40];
    delete[] new std::string[3];
}

static void pooled()
{
    Pooled *three[] = {new Pooled, new Pooled, new Pooled};
    for (Pooled *one : three)
        delete one;
}

static void placed()
{
    alignas(Plain) unsigned char room[sizeof(Plain)];
    auto *inside = new (room) Plain;
    inside->~Plain();
    void *raw = std::malloc(sizeof(Plain));
    auto *on_heap = new (raw) Plain;
    on_heap->~Plain();
    std::free(raw);
}

static void direct()
{
    ::operator delete(keep(::operator new(100)), 100);
    ::operator delete(keep(::operator new(101)));
    ::operator delete(keep(::operator new(102, std::nothrow)), std::nothrow);
    ::operator delete[](keep(::operator new[](103)), 103);
    ::operator delete(keep(::operator new(128, std::align_val_t(64))), std::align_val_t(64));
    ::operator delete(keep(::operator new(128, std::align_val_t(64))), 128, std::align_val_t(64));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !std::strcmp(argv[1], "bug")) {
        std::free(keep(::operator new(221)));
    } else {
        objects();
        pooled();
        placed();
        direct();
    }
    std::puts("done");
    return static_cast<int>(calls > 1000000);
}
