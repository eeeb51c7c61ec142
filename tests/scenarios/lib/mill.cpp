// mill: see mill.h.
#include "mill.h"

std::string mill_grind(std::string text)
{
    std::string taken = std::move(text);
    return taken.substr(taken.size() / 2);
}
