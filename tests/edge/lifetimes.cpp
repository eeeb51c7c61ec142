// Memory before main and after it: constructors, destructors, thread-local objects, atexit. Correct, and silent.
//
// @flags -pthread
// @builds cc=gcc,clang opt=0,2
// @run good
// @compare
#include "keep.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

struct Noisy {
    explicit Noisy(const char *word) : text(word)
    {
    }
    ~Noisy()
    {
        std::printf("gone: %s\n", text.c_str());
    }
    std::string text;
};

static Noisy before("a static object with a text that is too long for the string itself");
static std::map<int, std::vector<std::string>> table = {{1, {"one", "uno"}}, {2, {"two", "dos"}}};
static thread_local std::unique_ptr<Noisy> local;
static void *early;

__attribute__((constructor(101))) static void first()
{
    early = keep(malloc(77));
}

__attribute__((destructor(101))) static void last()
{
    free(early);
}

static void at_exit()
{
    free(keep(malloc(78)));
    std::puts("at exit");
}

int main()
{
    std::atexit(at_exit);
    local = std::make_unique<Noisy>("thread-local of main, with a text that is rather long");
    std::thread([] { local = std::make_unique<Noisy>("thread-local of a thread, with a long text too"); }).join();
    table[3].push_back("three");
    std::cout << table.size() << std::endl;
    return 0;
}
