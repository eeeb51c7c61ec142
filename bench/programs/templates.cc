// What a compiler needs much memory for: templates of the standard library.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

int main()
{
    std::map<std::string, std::vector<int>> numbers;
    std::unordered_map<std::string, std::function<int(int)>> functions;
    functions["twice"] = [](int value) { return 2 * value; };
    for (int i = 0; i < 100; i++)
        numbers[std::to_string(i % 7)].push_back(functions["twice"](i));
    for (auto &[name, list] : numbers) {
        std::sort(list.begin(), list.end(), std::greater<>());
        std::cout << name << ' ' << std::accumulate(list.begin(), list.end(), 0) << '\n';
    }
}
