// C++ wrappers of a string that Rust made: the deleter of a smart pointer decides who releases it.
#include "client.h"

#include <cstdlib>
#include <cstring>
#include <memory>

namespace
{

struct ToFree {
    void operator()(char *greeting) const
    {
        std::free(greeting);
    }
};

struct ToRust {
    void operator()(char *greeting) const
    {
        client_greeting_free(greeting);
    }
};

template <typename Release> std::size_t measure(std::size_t length)
{
    std::unique_ptr<char, Release> greeting(client_greeting(length));
    return std::strlen(greeting.get());
}

} // namespace

std::size_t wrapper_greeting_to_free(std::size_t length)
{
    return measure<ToFree>(length);
}

std::size_t wrapper_greeting_back(std::size_t length)
{
    return measure<ToRust>(length);
}
