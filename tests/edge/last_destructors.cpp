// Memory in the last moments of threads, libraries and the process: thread-local objects that make others while they are
// destroyed, destructors of libraries and exit handlers that make handlers, a thread that ends while the process does.
// Correct, and silent.
//
// @plugins peg rise
// @flags -pthread -ldl
// @builds cc=gcc opt=2
// @run good
// @compare
// @run quick
// @exit 3
// @compare
#include "keep.h"
#include "plug.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

static pthread_key_t key;
static thread_local std::vector<std::string> late;

// Destroyed after `late` was made anew by it, or before: either is right in C++, as long as it is one thread's.
struct Maker {
    std::unique_ptr<std::string> text = std::make_unique<std::string>("a text that is too long for the string itself");
    ~Maker()
    {
        std::vector<std::unique_ptr<std::string>> made;
        for (int i = 0; i < 100; i++)
            made.push_back(std::make_unique<std::string>(*text + *text));
        pthread_setspecific(key, keep(std::malloc(made.size())));
    }
};
static thread_local Maker maker;

static void at_key(void *block)
{
    std::free(block);
    std::free(keep(strdup("from the destructor of a key")));
}

static void *with_locals(void *unused)
{
    late.push_back("thread-local with a text that is rather long, on the heap");
    maker.text->append(", and longer");
    return unused;
}

static void second_handler()
{
    std::free(keep(std::malloc(31)));
    std::puts("handler of a handler");
}

static void first_handler()
{
    std::vector<int> numbers(1000, 1);
    std::atexit(second_handler);
    std::puts("handler");
}

static void quick_handler()
{
    std::string text(1000, 'x');
    std::puts("quick handler");
    std::fflush(stdout);
}

// Still at work when main returns: what libc and C++ destroy is not touched by it.
static void *work_on(void *unused)
{
    for (size_t i = 1;; i = i % 5000 + 1)
        std::free(keep(std::malloc(i)));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_key_create(&key, at_key);
    for (int i = 0; i < 40; i++) {
        pthread_t thread;
        pthread_create(&thread, nullptr, with_locals, nullptr);
        pthread_join(thread, nullptr);
    }
    with_locals(nullptr);
    std::atexit(first_handler);
    std::at_quick_exit(quick_handler);
    for (const char *name : {"libpeg.so", "librise.so"}) {
        void *plugin = load_plugin(beside_program(name), RTLD_NOW);
        release_in(plugin, keep(make_in(plugin, 100)));
    }
    pthread_t worker;
    pthread_create(&worker, nullptr, work_on, nullptr);
    if (argc > 1 && std::strcmp(argv[1], "quick") == 0)
        std::quick_exit(3);
    return 0;
}
