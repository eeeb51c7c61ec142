/* Workloads of C++. An operation is a pair of new and delete. */
#include "workload.h"

#include <string>

namespace
{

struct Node {
    Node *next;
    std::uint64_t payload[5];
};

void keep(void *object)
{
    __asm__ volatile("" : : "r"(object) : "memory");
}

void node(std::uint64_t operations, std::uint64_t)
{
    for (std::uint64_t i = 0; i < operations; i++) {
        Node *made = new Node;
        keep(made);
        delete made;
    }
}

/* Strings too long to be kept in place. */
void text(std::uint64_t operations, std::uint64_t)
{
    for (std::uint64_t i = 0; i < operations; i++) {
        std::string made(40 + i % 60, 'x');
        keep(&made);
    }
}

} // namespace

int main(int argc, char **argv)
{
    static const struct workload workloads[] = {{"node", node}, {"text", text}, {nullptr, nullptr}};
    return workload_main(argc, argv, workloads);
}
