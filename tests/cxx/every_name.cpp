// Every class and function of custody.hpp, instantiated: compiled in each standard, by each compiler and library, with and
// without exceptions, and never run. That each name also does what it says is custody_hpp.cpp's business.
#include <custody/custody.hpp>

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

extern "C" {
struct device;
void device_close(device *device);
int device_ref(device *device);
}

struct shape {
    virtual ~shape() = default;
    virtual int sides() const
    {
        return sides_;
    }
    explicit shape(int sides) : sides_(sides)
    {
    }

  private:
    int sides_;
};
struct meter;

template <> struct custody::object_traits<device> : custody::from_library<device_close, device_ref> {
    static constexpr const char *name = "device";
    static constexpr const char *destroy = "device_close";
    static constexpr unsigned flags = CUSTODY_TYPE_COUNTED | CUSTODY_TYPE_THREAD_BOUND;
    static custody_side side()
    {
        return custody::side("devices", CUSTODY_LANG_C);
    }
};
template <> struct custody::object_traits<shape> : custody::made_here<shape> {
    static constexpr const char *name = "shape";
    static constexpr unsigned flags = CUSTODY_TYPE_COUNTED;
};
template <> struct custody::object_traits<meter> : custody::in_place {
    static constexpr const char *name = "meter";
};

struct meter : public custody::watched<meter> {
    int value() const
    {
        return is_usable() ? 1 : 0;
    }
};

template class custody::allocator<int>;
template class custody::handle<device>;
template class custody::counted<device>;
template class custody::handle<shape>;
template class custody::counted<shape>;
template class custody::watched<meter>;

int every_name(device *raw, void *memory);

int every_name(device *raw, void *memory)
{
    custody_side here = custody::here();
    custody::side_scope scope(here);
    std::vector<shape, custody::allocator<shape>> shapes(3, shape(4));
    std::deque<int, custody::allocator<int>> numbers(100);
    std::set<int, std::less<int>, custody::allocator<int>> set{1, 2};
    std::unordered_map<int, int, std::hash<int>, std::equal_to<int>, custody::allocator<std::pair<const int, int>>> map;
    std::basic_string<char, std::char_traits<char>, custody::allocator<char>> text("some text that is not short");
    map.emplace(1, static_cast<int>(text.size()));

    custody::handle<device> device(raw);
    custody::counted<::device> shared(std::move(device));
    custody::counted<::device> more = shared;
    custody::handle<shape> one = custody::make<shape>(4);
    custody::counted<shape> another(custody::make<shape>(5));
    meter meter, same = meter;
    same = meter;

    custody::lease lease(here, memory, 16, CUSTODY_LEASE_OUT | CUSTODY_LEASE_NUL);
    custody::lease moved = std::move(lease);
    custody::loan loan(memory, here, here, CUSTODY_LOAN_SHARED), none;
    none = std::move(loan);
    custody::callback callback(here, "on_event", memory, nullptr), empty;
    empty = std::move(callback);
    if (custody::callback::call call{empty})
        custody::boundary([&call] { static_cast<void>(call.data()); });

    int answer = custody::boundary(-1, [] { return 7; });
    custody::carried([] {});
    answer += custody::carried([&answer] { return answer; });
    answer += custody::check(more.get()) + same.value() + one->sides() + another->sides();
    return answer + static_cast<int>(shapes.size() + numbers.size() + set.size() + map.size() + custody::type<shape>());
}
