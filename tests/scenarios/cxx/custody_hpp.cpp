/* What breaks the rules in C++ that uses custody.hpp: handles of one object that do not know each other, an object that is
 * ended on another thread or never, elements of a container released for another side, a lease that is overrun, a loan that
 * excludes another. The rest of the header, done right, is tests/cxx.
 *
 * @custody shared static both
 * @flags -pthread
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0
 * @run two-handles
 * @expect stale-handle error exact type=reel call=custody_end history=adopted>ended
 * @run other-thread
 * @expect wrong-thread error exact type=meter call=custody_end history=adopted
 * @run given-up
 * @expect handle-leak error exact type=reel by=none
 * @expect leak error exact size=1303
 * @run other-side
 * @expect cross-side-free warning exact owner=tape/c++/custody by=thief/c++/custody call=custody_release size=1301
 * @run overrun
 * @expect buffer-overrun error exact call=custody_lease_end
 * @run conflict
 * @expect lend-conflict error exact call=custody_lend
 * @run good
 */
#include "keep.h"

#include <custody/custody.hpp>

#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace
{
struct reel {
    char tape[1303] = {};
};
struct meter {
    int value = 0;
};
} // namespace

template <> struct custody::object_traits<reel> : custody::made_here<reel> {
    static constexpr const char *name = "reel";
};
template <> struct custody::object_traits<meter> : custody::made_here<meter> {
    static constexpr const char *name = "meter";
    static constexpr unsigned flags = CUSTODY_TYPE_THREAD_BOUND;
};

void *volatile lost; // overwritten before the end

namespace
{

void two_handles()
{
    custody::handle<reel> one = custody::make<reel>();
    custody::handle<reel> other(one.get());
}

void other_thread()
{
    custody::handle<meter> one = custody::make<meter>();
    meter *raw = one.get();
    std::thread([&one] { one.reset(); }).join(); // refused: the object lives on
    custody::handle<meter> again(raw);
}

void given_up()
{
    lost = keep(custody::make<reel>().release());
    lost = nullptr;
}

template <typename T> using tape = std::vector<T, custody::allocator<T>>;

void elements(const char *releaser)
{
    char *elements = custody::allocator<char>(custody::side("tape")).allocate(1301);
    custody::allocator<char>(custody::side(releaser)).deallocate(elements, 1301);
}

void overrun(std::size_t length)
{
    char name[8] = "";
    custody::lease lease(custody::side("names"), name, sizeof name,
                         CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL);
    std::memset(lease.memory(), 'x', length);
    lease.memory<char>()[length] = 0;
    lease.end(7);
}

void conflict(enum custody_loan_kind kind)
{
    custody_side lender = custody::side("lender"), borrower = custody::side("borrower");
    void *block = custody_alloc(lender, 48, 0);
    {
        custody::loan one(block, lender, borrower, CUSTODY_LOAN_SHARED);
        custody::loan other(block, lender, borrower, kind);
    }
    custody_release(lender, block);
}

void good()
{
    custody::handle<reel> one = custody::make<reel>();
    custody::handle<reel> other(one.release());
    std::thread([] { custody::make<meter>().reset(); }).join();
    custody::side_scope scope(custody::side("tape"));
    tape<int> numbers(100);
    elements("tape");
    overrun(7);
    conflict(CUSTODY_LOAN_SHARED);
}

} // namespace

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "good";
    if (std::strcmp(what, "two-handles") == 0)
        two_handles();
    else if (std::strcmp(what, "other-thread") == 0)
        other_thread();
    else if (std::strcmp(what, "given-up") == 0)
        given_up();
    else if (std::strcmp(what, "other-side") == 0)
        elements("thief");
    else if (std::strcmp(what, "overrun") == 0)
        overrun(10);
    else if (std::strcmp(what, "conflict") == 0)
        conflict(CUSTODY_LOAN_EXCLUSIVE);
    else
        good();
    std::puts("done");
    return 0;
}
