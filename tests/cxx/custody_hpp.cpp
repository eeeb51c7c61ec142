// custody.hpp as a C++ program meets it: what ends, and when; whose blocks are; where exceptions go. The program breaks no
// rule. It is run linked with Custody, preloaded as well, and compiled out: what is checked here holds in each, but for
// whose a block is, which only a runtime knows. Prints the name of each test that fails, and "N passed, N failed".
#include <custody/custody.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace
{

bool failed;

void expect(bool holds, const char *what, int line)
{
    if (!holds) {
        std::printf("  line %d: %s\n", line, what);
        failed = true;
    }
}

#define EXPECT(condition) expect(condition, #condition, __LINE__)

#ifdef CUSTODY_DISABLE
constexpr bool is_disabled = true;
#else
constexpr bool is_disabled = false;
#endif

// The owner of the block at an address, by name.
std::string owner_of(const void *address)
{
    custody_side owner = 0;
    custody_owner(address, &owner);
    return custody_side_name(owner);
}

bool belongs_to(const void *address, const char *name)
{
    return is_disabled || owner_of(address) == name;
}

/* --- A library in C that knows nothing of Custody -------------------------------------------------------------- */

extern "C" {
struct lamp {
    int references;
};
int lamps; // that are on

lamp *lamp_new()
{
    lamps++;
    return new lamp{1};
}
void lamp_unref(lamp *lamp)
{
    if (--lamp->references == 0) {
        lamps--;
        delete lamp;
    }
}
lamp *lamp_ref(lamp *lamp)
{
    lamp->references++;
    return lamp;
}
}

struct candle {
    explicit candle(int *burning) : burning_(burning)
    {
        ++*burning_;
    }
    ~candle()
    {
        --*burning_;
    }
    candle(const candle &) = delete;
    candle &operator=(const candle &) = delete;

  private:
    int *burning_;
};

struct spark {
    char colour = 'r';
};

struct refuses {
    refuses()
    {
        throw std::runtime_error("refused");
    }
};

struct alignas(64) wide {
    char bytes[96];
};

class drawer;

} // namespace

template <> struct custody::object_traits<lamp> : custody::adopted_from<lamp_unref, lamp_ref> {
    static constexpr const char *name = "lamp";
    static constexpr unsigned flags = CUSTODY_TYPE_COUNTED;
};
template <> struct custody::object_traits<candle> : custody::made_here<candle> {
    static constexpr const char *name = "candle";
    static custody_side side()
    {
        return custody::side("chandler");
    }
};
template <> struct custody::object_traits<spark> : custody::made_here<spark> {
    static constexpr const char *name = "spark";
    static constexpr unsigned flags = CUSTODY_TYPE_COUNTED;
};
template <> struct custody::object_traits<refuses> : custody::made_here<refuses> {
    static constexpr const char *name = "refuses";
};
template <> struct custody::object_traits<wide> : custody::made_here<wide> {
    static constexpr const char *name = "wide";
};
template <> struct custody::object_traits<std::string> : custody::made_here<std::string> {
    static constexpr const char *name = "text";
    static constexpr unsigned flags = CUSTODY_TYPE_COUNTED;
};
template <> struct custody::object_traits<drawer> : custody::in_place {
    static constexpr const char *name = "drawer";
};

namespace
{

class drawer : public custody::watched<drawer>
{
  public:
    int coins() const
    {
        return is_usable() ? coins_ : -1;
    }
    void put(int count)
    {
        coins_ += count;
    }

  private:
    int coins_ = 0;
};

/* --- Sides and blocks ------------------------------------------------------------------------------------------ */

template <typename T> using vector = std::vector<T, custody::allocator<T>>;

void a_container_allocates_for_the_side_it_was_given()
{
    vector<int> numbers(custody::allocator<int>(custody::side("numbers")));
    for (int i = 0; i < 1000; i++)
        numbers.push_back(i);
    EXPECT(belongs_to(numbers.data(), "numbers"));
    EXPECT(numbers.back() == 999);
}

void without_a_scope_blocks_are_the_modules()
{
    vector<int> numbers(10);
    EXPECT(numbers.get_allocator().side() == custody::here());
    EXPECT(is_disabled || custody::here() != 0);
}

void scopes_nest_and_are_a_threads_own()
{
    custody_side outer = custody::side("outer"), inner = custody::side("inner");
    custody::side_scope outer_scope(outer);
    {
        custody::side_scope inner_scope(inner);
        vector<int> numbers(3);
        EXPECT(belongs_to(numbers.data(), "inner"));
    }
    vector<int> numbers(3);
    EXPECT(belongs_to(numbers.data(), "outer"));
    custody_side elsewhere = outer;
    std::thread([&] { elsewhere = custody::side_scope::current(); }).join();
    EXPECT(elsewhere == 0);
}

void an_exception_ends_a_scope()
{
    try {
        custody::side_scope scope(custody::side("brief"));
        throw std::runtime_error("out");
    } catch (const std::runtime_error &) {
        EXPECT(custody::side_scope::current() == 0);
    }
}

void containers_of_nodes_rebind()
{
    custody::side_scope scope(custody::side("nodes"));
    using pair = std::pair<const int, int>;
    std::map<int, int, std::less<int>, custody::allocator<pair>> map{{1, 2}, {3, 4}};
    std::list<int, custody::allocator<int>> list(20, 7);
    std::basic_string<char, std::char_traits<char>, custody::allocator<char>> text(100, 'x');
    EXPECT(belongs_to(&map.begin()->second, "nodes") && belongs_to(&list.back(), "nodes"));
    EXPECT(belongs_to(text.data(), "nodes"));
    EXPECT(map.at(3) == 4);
}

void allocators_are_equal_when_their_sides_are()
{
    custody::allocator<int> one(custody_side(1)), two(custody_side(2));
    EXPECT(one == custody::allocator<char>(one));
    EXPECT(one != two);
    EXPECT((std::allocator_traits<custody::allocator<int>>::rebind_alloc<char>(two).side() == 2));
}

void elements_that_are_over_aligned_are_aligned()
{
    vector<wide> wides(5);
    EXPECT(reinterpret_cast<std::uintptr_t>(wides.data()) % alignof(wide) == 0);
    auto single = custody::make<wide>();
    EXPECT(reinterpret_cast<std::uintptr_t>(single.get()) % alignof(wide) == 0);
}

void a_moved_container_keeps_its_elements_and_their_side()
{
    vector<int> from(100, 1, custody::allocator<int>(custody::side("first")));
    vector<int> to(10, 2, custody::allocator<int>(custody::side("second")));
    const int *elements = from.data();
    to = std::move(from);
    EXPECT(to.data() == elements && belongs_to(to.data(), "first"));
    vector<int> third(4, 3, custody::allocator<int>(custody::side("third")));
    third.swap(to);
    EXPECT(third.data() == elements && belongs_to(to.data(), "third"));
}

void a_copied_container_is_for_the_scope_of_the_copy()
{
    vector<int> original(10, 1, custody::allocator<int>(custody::side("original")));
    vector<int> plain = original;
    EXPECT(belongs_to(plain.data(), "original"));
    custody::side_scope scope(custody::side("scope"));
    vector<int> scoped = original;
    EXPECT(belongs_to(scoped.data(), "scope"));
}

void what_is_too_much_throws()
{
    custody::allocator<long> allocator;
    try {
        static_cast<void>(allocator.allocate(SIZE_MAX / 2));
        expect(false, "memory without end", __LINE__);
    } catch (const std::bad_alloc &) {
    }
}

/* --- Objects --------------------------------------------------------------------------------------------------- */

void a_handle_ends_what_it_adopted()
{
    {
        custody::handle<lamp> one = custody::adopt(lamp_new());
        EXPECT(one && one.check() && lamps == 1);
        custody::handle<lamp> other = std::move(one);
        EXPECT(!one && other->references == 1);
        other.reset();
        EXPECT(lamps == 0);
        one = custody::adopt(lamp_new());
    }
    EXPECT(lamps == 0);
}

void what_a_handle_gives_up_another_takes_over()
{
    custody::handle<lamp> one = custody::adopt(lamp_new());
    lamp *raw = one.release();
    EXPECT(!one && lamps == 1);
    custody::handle<lamp> other(raw);
    EXPECT(custody::check(raw));
}

void an_object_is_adopted_once()
{
    custody::handle<lamp> one = custody::adopt(lamp_new());
    EXPECT(is_disabled || !custody::adopt(one.get()));
    EXPECT(lamps == 1);
    EXPECT(!custody::adopt<lamp>(nullptr));
}

void copies_of_a_counted_handle_share_the_object()
{
    {
        custody::counted<lamp> one(custody::adopt(lamp_new()));
        custody::counted<lamp> two = one, three;
        three = two;
        EXPECT(one->references == 3);
        one.reset();
        two = nullptr;
        EXPECT(lamps == 1 && three->references == 1);
    }
    EXPECT(lamps == 0);
}

void an_object_made_here_lives_in_a_block_of_its_side()
{
    int burning = 0;
    auto light = custody::make<candle>(&burning);
    EXPECT(burning == 1 && light.check());
    EXPECT(belongs_to(light.get(), "chandler"));
    light.reset();
    EXPECT(burning == 0);
}

void the_last_reference_destroys_what_was_made_here()
{
    custody::counted<std::string> one(custody::make<std::string>(std::size_t(200), 'x'));
    std::vector<custody::counted<std::string>> more(10, one);
    one.reset();
    EXPECT(more.back()->size() == 200);
    std::thread([&more] { more.clear(); }).join();
}

void a_count_is_aligned_behind_an_object_that_needs_less()
{
    custody::counted<spark> one(custody::make<spark>());
    custody_description told;
    EXPECT(custody_describe(one.get(), &told) == CUSTODY_STATUS_OK);
    EXPECT(is_disabled || told.align >= alignof(std::atomic<std::size_t>));
}

void a_constructor_that_throws_leaves_nothing()
{
    try {
        static_cast<void>(custody::make<refuses>());
        expect(false, "an object was made", __LINE__);
    } catch (const std::runtime_error &) {
    }
    custody_leaks leaks;
    custody_find_leaks(&leaks);
    EXPECT(leaks.definite_blocks == 0);
}

void watched_objects_are_objects_wherever_they_are()
{
    drawer on_stack;
    on_stack.put(3);
    auto on_heap = std::make_unique<drawer>(on_stack);
    vector<drawer> in_container(4, on_stack);
    in_container.resize(100);
    EXPECT(on_stack.coins() == 3 && on_heap->coins() == 3 && in_container[3].coins() == 3);
    EXPECT(in_container[99].coins() == 0);
}

/* --- Buffers, loans, callbacks --------------------------------------------------------------------------------- */

void a_lease_hands_the_buffer_or_a_copy_of_it()
{
    char name[16] = "";
    custody_side library = custody::side("names");
    {
        custody::lease lease(library, name, sizeof name, CUSTODY_LEASE_OUT);
        EXPECT(lease.memory() == name);
    }
    custody::lease lease(library, name, sizeof name, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL);
    std::strcpy(lease.memory<char>(), "Ada");
    EXPECT(lease.end(3) && std::strcmp(name, "Ada") == 0);
    EXPECT(lease.end(3));
}

void a_loan_comes_back_by_itself()
{
    custody_side lender = custody::side("lender"), borrower = custody::side("borrower");
    void *block = custody_alloc(lender, 48, 0);
    {
        custody::loan one(block, lender, borrower, CUSTODY_LOAN_SHARED);
        custody::loan other(block, lender, borrower, CUSTODY_LOAN_SHARED);
        EXPECT(one && other);
        custody::loan moved = std::move(one);
        EXPECT(moved && !one);
        EXPECT(other.end() && !other && other.end());
    }
    custody::loan exclusive(block, lender, borrower, CUSTODY_LOAN_EXCLUSIVE);
    EXPECT(exclusive && exclusive.end());
    custody_release(lender, block);
}

void count_drop(void *data)
{
    ++*static_cast<int *>(data);
}

void a_callback_drops_its_data_once()
{
    int drops = 0;
    custody_side library = custody::side("events");
    {
        custody::callback one(library, "on_event", &drops, count_drop);
        custody::callback other = std::move(one);
        {
            custody::callback::call call(other);
            EXPECT(call && call.data() == &drops);
        }
        EXPECT(drops == 0);
        one = std::move(other);
        EXPECT(drops == 0);
        one.end();
        EXPECT(drops == 1);
    }
    EXPECT(drops == 1);
}

/* --- Exceptions ------------------------------------------------------------------------------------------------ */

extern "C" {
// As a library in C calls: stops at the first error, and returns it.
int call_twice(int (*function)(void *), void *user)
{
    int error = function(user);
    return error ? error : function(user);
}

int throwing(void *user)
{
    return custody::boundary(-1, [user]() -> int { throw std::runtime_error(static_cast<const char *>(user)); });
}

int nesting(void *user)
{
    return custody::boundary(-2, [user] {
        try {
            custody::carried([] { call_twice(throwing, const_cast<char *>("inner")); });
        } catch (const std::runtime_error &error) {
            EXPECT(error.what() == std::string_view("inner"));
        }
        return throwing(user);
    });
}

int counting(void *user)
{
    return custody::boundary(-1, [user] {
        ++*static_cast<int *>(user);
        return 0;
    });
}
}

char *word(const char *text)
{
    return const_cast<char *>(text);
}

template <typename Function> std::string caught(Function &&function)
{
    try {
        function();
    } catch (const std::exception &error) {
        return error.what();
    }
    return "nothing";
}

void an_exception_is_carried_past_c()
{
    int answer = 0;
    EXPECT(caught([&] { custody::carried([&] { answer = call_twice(throwing, word("out")); }); }) == "out");
    EXPECT(answer == -1);
}

void without_an_exception_results_pass()
{
    int calls = 0;
    EXPECT(custody::carried([&] { return call_twice(counting, &calls); }) == 0);
    EXPECT(calls == 2);
    custody::boundary([&] { calls++; });
    EXPECT(calls == 3);
}

void the_innermost_carried_takes_the_exception()
{
    EXPECT(caught([] { custody::carried([] { return call_twice(nesting, word("outer")); }); }) == "outer");
}

void the_first_exception_is_kept()
{
    EXPECT(caught([] {
               custody::carried([] {
                   throwing(word("first"));
                   throwing(word("second"));
               });
           }) == "first");
}

void an_exception_in_a_thread_of_c_is_there_to_be_taken()
{
    std::thread([] {
        EXPECT(throwing(word("alone")) == -1);
        std::exception_ptr kept = custody::take_kept();
        EXPECT(caught([&] { std::rethrow_exception(kept); }) == "alone");
        EXPECT(custody::take_kept() == nullptr);
    }).join();
}

void a_thread_that_is_cancelled_goes_on_ending()
{
    std::thread thread([] {
        custody::boundary([] {
            for (;;)
                pthread_testcancel();
        });
        expect(false, "the thread went on", __LINE__);
    });
    pthread_cancel(thread.native_handle());
    thread.join();
}

struct test {
    const char *name;
    void (*run)();
};
#define TEST(name) \
    { \
#name, name \
    }

const test tests[] = {
    TEST(a_container_allocates_for_the_side_it_was_given),
    TEST(without_a_scope_blocks_are_the_modules),
    TEST(scopes_nest_and_are_a_threads_own),
    TEST(an_exception_ends_a_scope),
    TEST(containers_of_nodes_rebind),
    TEST(allocators_are_equal_when_their_sides_are),
    TEST(elements_that_are_over_aligned_are_aligned),
    TEST(a_moved_container_keeps_its_elements_and_their_side),
    TEST(a_copied_container_is_for_the_scope_of_the_copy),
    TEST(what_is_too_much_throws),
    TEST(a_handle_ends_what_it_adopted),
    TEST(what_a_handle_gives_up_another_takes_over),
    TEST(an_object_is_adopted_once),
    TEST(copies_of_a_counted_handle_share_the_object),
    TEST(an_object_made_here_lives_in_a_block_of_its_side),
    TEST(the_last_reference_destroys_what_was_made_here),
    TEST(a_count_is_aligned_behind_an_object_that_needs_less),
    TEST(a_constructor_that_throws_leaves_nothing),
    TEST(watched_objects_are_objects_wherever_they_are),
    TEST(a_lease_hands_the_buffer_or_a_copy_of_it),
    TEST(a_loan_comes_back_by_itself),
    TEST(a_callback_drops_its_data_once),
    TEST(an_exception_is_carried_past_c),
    TEST(without_an_exception_results_pass),
    TEST(the_innermost_carried_takes_the_exception),
    TEST(the_first_exception_is_kept),
    TEST(an_exception_in_a_thread_of_c_is_there_to_be_taken),
    TEST(a_thread_that_is_cancelled_goes_on_ending),
};

} // namespace

int main()
{
    int failures = 0, passes = 0;
    for (const test &test : tests) {
        failed = false;
        test.run();
        if (failed)
            std::printf("FAILED  %s\n", test.name);
        ++(failed ? failures : passes);
    }
    std::printf("%d passed, %d failed\n", passes, failures);
    return failures > 0;
}
