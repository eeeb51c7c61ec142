// operator new without memory behaves as libstdc++'s: bad_alloc, null from the nothrow forms, and the new-handler called
// until it helps, gives up or throws. The output is compared with a run without Custody.
//
// @run all
// @compare
#include "keep.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

static const std::size_t TOO_MUCH = PTRDIFF_MAX;
static int calls;

struct Stop {
};

static void gives_up_later()
{
    if (++calls == 3)
        std::set_new_handler(nullptr);
}

static void throws_its_own()
{
    calls++;
    throw Stop();
}

template <typename Allocate> static void attempt(const char *name, Allocate allocate)
{
    try {
        std::printf("%s: %s\n", name, keep(allocate()) ? "memory" : "null");
    } catch (const std::bad_alloc &error) {
        std::printf("%s: %s\n", name, error.what());
    } catch (const Stop &) {
        std::printf("%s: stopped by the handler\n", name);
    }
}

static void attempt_all()
{
    const std::align_val_t wide{64};
    attempt("new", [] { return ::operator new(TOO_MUCH); });
    attempt("new[]", [] { return ::operator new[](TOO_MUCH); });
    attempt("new nothrow", [] { return ::operator new(TOO_MUCH, std::nothrow); });
    attempt("new[] nothrow", [] { return ::operator new[](TOO_MUCH, std::nothrow); });
    attempt("aligned new", [&] { return ::operator new(TOO_MUCH, wide); });
    attempt("aligned new[]", [&] { return ::operator new[](TOO_MUCH, wide); });
    attempt("aligned new nothrow", [&] { return ::operator new(TOO_MUCH, wide, std::nothrow); });
    attempt("aligned new[] nothrow", [&] { return ::operator new[](TOO_MUCH, wide, std::nothrow); });
}

static void attempt_small()
{
    void *empty = keep(::operator new(0));
    void *other = keep(::operator new(0));
    std::printf("new of 0: %s\n", empty && other && empty != other ? "distinct" : "wrong");
    ::operator delete(empty);
    ::operator delete(other);
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    try {
        volatile std::size_t count = SIZE_MAX / 2;
        keep(new long[count]);
    } catch (const std::bad_alloc &error) {
        std::printf("too many: %s\n", error.what());
    }
}

int main()
{
    attempt_small();
    attempt_all();
    std::set_new_handler(gives_up_later);
    attempt("helped", [] { return ::operator new(TOO_MUCH); });
    std::printf("handler called %d times\n", calls);
    calls = 0;
    std::set_new_handler(throws_its_own);
    attempt_all();
    std::printf("handler called %d times\n", calls);
    return 0;
}
