// What C++17 and C++20 allocate by themselves: memory resources of every kind, coroutines, paths, regular expressions, any,
// optional, variant, functions, futures. All of it correct. Resources are called through a table, and jump on to the
// operators: whose blocks theirs are is unknown, and a block that is not theirs is inferred.
//
// @builds cc=gcc opt=0,2 stdlib=libstdc++
// @flags -std=c++20 -fcoroutines -pthread
// @run good
// @run free-of-resource
// @expect mismatched-release warning inferred owner=unknown/unknown/new by=$prog/c++/malloc call=free size=231
// @run malloc-to-resource
// @expect mismatched-release warning inferred owner=$prog/c++/malloc by=unknown/unknown/new size=232
// @run wrong-size-to-resource
// @expect layout-mismatch error exact owner=unknown/unknown/new by=unknown/unknown/new size=233 given-size=33
#include "keep.h"

#include <any>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory_resource>
#include <optional>
#include <regex>
#include <string>
#include <variant>
#include <vector>

static std::string text(int number)
{
    return "a text that is too long to lie inside of a string, " + std::to_string(number);
}

static void fill(std::pmr::memory_resource *resource)
{
    std::pmr::vector<std::pmr::string> lines(resource);
    std::pmr::map<int, std::pmr::string> table(resource);
    for (int i = 0; i < 200; i++) {
        lines.emplace_back(text(i).c_str());
        table[i % 50] = text(i).c_str();
    }
    lines.erase(lines.begin(), lines.begin() + 100);
    std::pmr::vector<std::pmr::string> copy(lines), moved(std::move(lines));
}

static void resources()
{
    std::pmr::monotonic_buffer_resource monotonic;
    std::pmr::unsynchronized_pool_resource pool;
    std::pmr::synchronized_pool_resource shared;
    alignas(16) char room[512];
    std::pmr::monotonic_buffer_resource roomy(room, sizeof room, std::pmr::new_delete_resource());
    std::pmr::unsynchronized_pool_resource stacked(&roomy);
    for (std::pmr::memory_resource *resource :
         {std::pmr::new_delete_resource(), static_cast<std::pmr::memory_resource *>(&monotonic),
          static_cast<std::pmr::memory_resource *>(&pool), static_cast<std::pmr::memory_resource *>(&shared),
          static_cast<std::pmr::memory_resource *>(&roomy), static_cast<std::pmr::memory_resource *>(&stacked)})
        fill(resource);
    void *wide = shared.allocate(1000, 256);
    shared.deallocate(wide, 1000, 256);
    std::pmr::monotonic_buffer_resource nothing(std::pmr::null_memory_resource());
    try {
        fill(&nothing);
    } catch (const std::bad_alloc &) {
    }
}

/* A generator of texts: its frame comes from operator new. */
struct Texts {
    struct promise_type {
        std::string current;
        Texts get_return_object()
        {
            return Texts{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend()
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        std::suspend_always yield_value(std::string next)
        {
            current = std::move(next);
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            std::terminate();
        }
    };
    std::coroutine_handle<promise_type> handle;
    ~Texts()
    {
        handle.destroy();
    }
};

static Texts generate(std::string prefix, int count)
{
    for (int i = 0; i < count; i++)
        co_yield prefix + text(i);
}

static std::size_t coroutines()
{
    std::size_t length = 0;
    Texts texts = generate(text(0), 5), unfinished = generate(text(1), 100);
    unfinished.handle.resume();
    for (texts.handle.resume(); !texts.handle.done(); texts.handle.resume())
        length += texts.handle.promise().current.size();
    return length;
}

static std::size_t values()
{
    std::any any = std::vector<std::string>{text(1), text(2)};
    std::optional<std::string> optional = text(3);
    std::variant<int, std::string> variant = text(4);
    std::function<std::string(int)> function = [prefix = text(5), more = text(6)](int i) {
        return prefix + more + text(i);
    };
    std::function<std::string(int)> copy = function;
    std::filesystem::path path = std::filesystem::path("/usr/share/doc") / text(7) / text(8);
    std::regex regex("a(b*)c+|(text [0-9]+)");
    std::smatch match;
    std::string subject = text(9);
    bool found = std::regex_search(subject, match, regex);
    std::future<std::string> future = std::async(std::launch::async, [] { return text(10); });
    any = optional;
    variant = 1;
    return copy(1).size() + path.parent_path().string().size() + future.get().size() + (found ? 1 : 0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    std::pmr::memory_resource *resource = std::pmr::new_delete_resource();
    if (!std::strcmp(what, "free-of-resource")) {
        std::free(keep(resource->allocate(231)));
    } else if (!std::strcmp(what, "malloc-to-resource")) {
        resource->deallocate(keep(std::malloc(232)), 232);
    } else if (!std::strcmp(what, "wrong-size-to-resource")) {
        resource->deallocate(keep(resource->allocate(233)), 33);
    } else {
        resources();
        if (coroutines() < 100 || values() < 100)
            std::puts("wrong");
    }
    std::puts("done");
    return 0;
}
