// A program that carries libstdc++ in itself: its operators call malloc and free from inside the program.
//
// @builds cc=gcc,clang opt=0,2 runtime=static,shared
// @run good
#include "keep.h"

#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

int main()
{
    std::vector<std::unique_ptr<std::string>> texts;
    for (int i = 0; i < 100; i++)
        texts.push_back(std::make_unique<std::string>(static_cast<size_t>(i), 'y'));
    delete[] static_cast<long *>(keep(new long[33]));
    std::stringstream stream;
    for (auto &text : texts)
        stream << *text;
    try {
        throw std::runtime_error(stream.str());
    } catch (const std::exception &error) {
        std::cout << (std::string(error.what()).size() == 4950 ? "done" : "wrong") << std::endl;
    }
    return 0;
}
