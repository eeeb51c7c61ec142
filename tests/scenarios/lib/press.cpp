// press: see press.h.
#include "press.h"

#include "keep.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace
{

struct Object {
    long numbers[5] = {};
    virtual ~Object() = default;
};

static_assert(sizeof(Object) == 48, "the scenarios name this size");

} // namespace

int *press_int_new(int value)
{
    return static_cast<int *>(keep(new int(value)));
}

void press_int_delete(int *number)
{
    delete static_cast<int *>(keep(number));
}

int *press_ints_new(size_t count)
{
    return static_cast<int *>(keep(new int[count]));
}

void press_ints_delete(int *numbers)
{
    delete[] static_cast<int *>(keep(numbers));
}

void *press_malloc(size_t size)
{
    return malloc(size);
}

void press_free(void *block)
{
    free(block);
}

char *press_label(void)
{
    return strdup("a label from C++, made with strdup");
}

void *press_object_new(void)
{
    return keep(new Object);
}

void press_object_destroy(void *object)
{
    static_cast<Object *>(object)->~Object();
    ::operator delete(keep(object));
}

std::string press_text(const std::string &word, size_t times)
{
    std::string text;
    for (size_t i = 0; i < times; i++)
        text += word;
    return text;
}

std::vector<std::string> press_lines(size_t count)
{
    std::vector<std::string> lines;
    for (size_t i = 0; i < count; i++)
        lines.push_back(press_text("a line that is too long for the small string ", 1 + i % 3));
    return lines;
}

std::shared_ptr<int> press_shared(int value)
{
    return std::make_shared<int>(value);
}

std::unique_ptr<std::string> press_unique(const std::string &text)
{
    return std::make_unique<std::string>(text);
}

void press_consume(std::vector<std::string> lines)
{
    lines.clear();
    lines.shrink_to_fit();
}

void press_throw(const std::string &why)
{
    throw std::runtime_error(why + ": thrown by a library, with a text too long to be stored in place");
}
