// rise: a plugin that allocates while it is loaded and unloaded, and keeps what it has in between.
extern "C" {
#include "plug.h"
}

#include <cstdlib>
#include <string>
#include <vector>

static std::vector<std::string> kept = {"one text that is long enough to be allocated", "and another one of these"};
static void *early;

__attribute__((constructor)) static void rise()
{
    early = std::malloc(50);
}

__attribute__((destructor)) static void fall()
{
    std::free(early);
    std::free(std::malloc(60));
}

extern "C" void *plug_make(size_t size)
{
    void *block = std::malloc(size);
    __asm__ volatile("" : "+r"(block));
    return block;
}

extern "C" void plug_free(void *block)
{
    std::free(block);
    __asm__ volatile("");
}
