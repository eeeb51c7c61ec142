// C++ names: a namespace, a template, an argument list.
extern "C" __attribute__((noinline)) void marker(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

namespace shelf
{
template <typename T> struct Box {
    __attribute__((noinline)) void drop(T value)
    {
        marker(&value); // the C++ line
        __asm__ volatile("");
    }
};
} // namespace shelf

int main()
{
    shelf::Box<int>().drop(1);
    return 0;
}
