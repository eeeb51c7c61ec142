// What C++ objects keep. Some of them know their memory only by a pointer into it: an object by the base class that is not
// its first, an array with destructors by its first element, behind the count that new[] stores. None of this is a leak;
// the same objects lost are.
//
// @flags -pthread
// @run held-string
// @expect leak note exact owner=*/c++/new class=reachable blocks=1 bytes=301
// @run lost-string
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=32
// @expect leak error exact owner=*/c++/new class=indirect blocks=1 bytes=301
// @run held-vector
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=3032
// @run lost-vector
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=24
// @expect leak error exact owner=$prog/c++/new class=indirect blocks=1 bytes=3032
// @run held-map
// @run lost-map
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=48
// @expect leak error exact owner=$prog/c++/new class=indirect blocks=50 bytes=2000
// @run held-hash-map
// @run held-deque
// @run held-shared
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=320
// @run lost-shared-owner
// @expect leak warning exact owner=$prog/c++/new class=possible blocks=1 bytes=320
// @run lost-shared
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=320
// @run held-weak
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=320
// @run lost-shared-cycle
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=40
// @expect leak error exact owner=$prog/c++/new class=indirect blocks=1 bytes=40
// @run held-second-base
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=352
// @run lost-second-base
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=352
// @run held-virtual-base
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=376
// @run held-array
// @expect leak note exact owner=$prog/c++/new[] class=reachable blocks=1 bytes=2408
// @run lost-array
// @expect leak error exact owner=$prog/c++/new[] class=definite blocks=1 bytes=2408
// @run held-plain-array
// @expect leak note exact owner=$prog/c++/new[] class=reachable blocks=1 bytes=1604
// @run held-function
// @expect leak note exact owner=$prog/c++/new class=reachable blocks=1 bytes=320
// @run held-thread
// @run held-exception
// @run lost-unwound
// @expect leak error exact owner=$prog/c++/new class=definite blocks=1 bytes=328
// @run freed-unwound
// @run freed-everything
// @forbid leak bytes=3032

#include "keep.h"
#include "leaks.h"

#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace
{

struct Left {
    long numbers[20] = {};
    virtual ~Left() = default;
};

struct Right {
    long numbers[20] = {};
    virtual ~Right() = default;
};

struct Both : Left, Right {
    long own = 1;
    long more = 2;
};

static_assert(sizeof(Both) == 352, "the expectations name this size");

struct Shared : virtual Right {
    long numbers[25] = {};
};

static_assert(sizeof(Shared) == 376, "the expectations name this size");

// Has a destructor, so that new[] stores how many there are.
struct Counted {
    long numbers[3] = {};
    ~Counted()
    {
        keep(this);
    }
};

struct Payload {
    char bytes[304] = {};
};

struct Node {
    std::shared_ptr<Node> other;
    long number = 7;
};

void *volatile root;

// What static data lead to in the fate HELD.
template <typename T> T *make(fate fate)
{
    T *object = static_cast<T *>(keep(new T));
    root = fate == HELD ? object : nullptr;
    return object;
}

template <typename T> void end(fate fate, T *object)
{
    if (fate == FREED)
        delete object;
}

void string_(fate fate)
{
    auto *text = make<std::string>(fate);
    text->assign(300, 'x');
    end(fate, text);
}

void vector_(fate fate)
{
    auto *numbers = make<std::vector<long>>(fate);
    numbers->reserve(379);
    end(fate, numbers);
}

void map_(fate fate)
{
    auto *pairs = make<std::map<int, int>>(fate);
    for (int i = 0; i < 50; i++)
        (*pairs)[i * 37 % 50] = i;
    end(fate, pairs);
}

void hash_map(fate fate)
{
    auto *pairs = make<std::unordered_map<std::string, std::string>>(fate);
    for (int i = 0; i < 50; i++)
        (*pairs)["a key that is long enough for the heap " + std::to_string(i)] = std::string(60, 'v');
    end(fate, pairs);
}

void deque_(fate fate)
{
    auto *numbers = make<std::deque<long>>(fate);
    for (int i = 0; i < 1000; i++)
        numbers->push_back(i);
    for (int i = 0; i < 700; i++)
        numbers->pop_front();
    end(fate, numbers);
}

void shared(fate fate)
{
    alignas(std::shared_ptr<Payload>) static char memory[sizeof(std::shared_ptr<Payload>)];
    keep(new (memory) std::shared_ptr<Payload>(std::make_shared<Payload>()));
    if (fate == LOST)
        memset(memory, 0, sizeof memory);
}

// Only the pointer to the value is left, 16 bytes into the block, behind counters that nobody will count down.
void shared_owner(fate fate)
{
    auto *owner = new std::shared_ptr<Payload>(std::make_shared<Payload>());
    root = owner->get();
    if (fate == FREED)
        owner->reset();
    operator delete(keep(owner)); // without its destructor
}

// The value is gone, the block with the counters stays for the weak pointer.
void weak(fate fate)
{
    auto *watcher = make<std::weak_ptr<Payload>>(fate);
    auto payload = std::make_shared<Payload>();
    *watcher = payload;
    end(fate, watcher);
}

void shared_cycle(fate fate)
{
    auto first = std::make_shared<Node>();
    auto second = std::make_shared<Node>();
    first->other = second;
    second->other = first;
    if (fate == FREED)
        first->other.reset();
    keep(first.get());
}

void second_base(fate fate)
{
    Right *object = static_cast<Right *>(keep(static_cast<Right *>(new Both)));
    root = fate == HELD ? object : nullptr;
    end(fate, object);
}

void virtual_base(fate fate)
{
    Right *object = static_cast<Right *>(keep(static_cast<Right *>(new Shared)));
    root = fate == HELD ? object : nullptr;
    end(fate, object);
}

void array(fate fate)
{
    auto *objects = static_cast<Counted *>(keep(new Counted[100]));
    root = fate == HELD ? objects : nullptr;
    if (fate == FREED)
        delete[] objects;
}

void plain_array(fate fate)
{
    int *numbers = static_cast<int *>(keep(new int[401]));
    root = fate == HELD ? numbers : nullptr;
    if (fate == FREED)
        delete[] numbers;
}

void function(fate fate)
{
    auto *stored = make<std::function<int()>>(fate);
    Payload payload;
    char more[16] = {};
    *stored = [payload, more]() { return payload.bytes[3] + more[0]; };
    end(fate, stored);
}

// A thread that waits for a value: its state is shared between its stack and the future.
void thread(fate fate)
{
    static std::promise<int> *volatile promise;
    promise = new std::promise<int>;
    std::vector<std::string> lines(20, std::string(200, 'l'));
    std::thread worker([lines]() { promise->get_future().wait(); });
    (void)fate;
    worker.detach();
}

void exception(fate fate)
{
    auto *stored = make<std::exception_ptr>(fate);
    try {
        throw std::runtime_error("a text that is too long to be stored in place, for all kinds of strings");
    } catch (...) {
        *stored = std::current_exception();
    }
    end(fate, stored);
}

__attribute__((noinline)) void give_up(void *block)
{
    keep(block);
    throw std::runtime_error("given up");
}

struct Large {
    char bytes[328] = {};
};

// An exception passes the line that would have released the block.
void unwound(fate fate)
{
    std::unique_ptr<Large> owner;
    auto *block = static_cast<Large *>(keep(new Large));
    if (fate == FREED)
        owner.reset(block);
    try {
        give_up(block);
        delete block;
    } catch (const std::runtime_error &) {
        keep(&owner);
    }
}

void everything(fate fate)
{
    for (auto run : {string_, vector_, map_, hash_map, deque_, second_base, virtual_base, array, plain_array, unwound})
        run(fate);
}

const leak_case cases[] = {
    {"string", string_},
    {"vector", vector_},
    {"map", map_},
    {"hash-map", hash_map},
    {"deque", deque_},
    {"shared", shared},
    {"shared-owner", shared_owner},
    {"weak", weak},
    {"shared-cycle", shared_cycle},
    {"second-base", second_base},
    {"virtual-base", virtual_base},
    {"array", array},
    {"plain-array", plain_array},
    {"function", function},
    {"thread", thread},
    {"exception", exception},
    {"unwound", unwound},
    {"everything", everything},
};

} // namespace

int main(int argc, char **argv)
{
    return argc == 2 ? run_leak_case(argv[1], cases, sizeof cases / sizeof *cases) : 2;
}
