// Values of the C++ library cross between modules by value, moved and thrown: each end of their life may lie in another
// module, and all of it is as C++ has it. No error and no warning.
//
// @libs press mill
// @builds cc=gcc,clang opt=0,2 link=shared,static
// @flags -pthread
// @run good
// @origin correct std::string returned by value from one C++ library and destroyed in another
#include "mill.h"
#include "press.h"

#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>

static size_t values()
{
    std::string text = press_text("word and ", 20);
    std::vector<std::string> lines = press_lines(10);
    lines.push_back(std::move(text));
    std::shared_ptr<int> number = press_shared(7);
    std::unique_ptr<std::string> one = press_unique(lines.back());
    size_t length = one->size() + static_cast<size_t>(*number);
    lines.push_back(mill_grind(press_text("from one library into another ", 12)));
    press_consume(std::move(lines));
    return length;
}

static size_t exceptions()
{
    std::exception_ptr kept;
    try {
        press_throw("no reason");
    } catch (const std::runtime_error &error) {
        kept = std::current_exception();
    }
    size_t length = 0;
    std::thread([&] {
        try {
            std::rethrow_exception(kept);
        } catch (const std::exception &error) {
            length = std::string(error.what()).size();
        }
    }).join();
    return length;
}

static size_t containers()
{
    std::map<std::string, std::function<size_t()>> table;
    table["a key that does not fit in place"] = [text = press_text("captured ", 9)] { return text.size(); };
    std::ostringstream stream;
    for (auto &[name, call] : table)
        stream << name << call();
    return stream.str().size();
}

int main()
{
    bool right = values() == 187 && exceptions() > 40 && containers() > 30;
    std::cout << (right ? "done" : "wrong") << std::endl;
    return 0;
}
