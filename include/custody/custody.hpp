/* Custody for C++: what custody.h offers, in objects that end by themselves. Header only, C++17 and later; nothing more to
 * link than for C.
 *
 *   sides        custody::side, custody::here, custody::side_scope
 *   blocks       custody::allocator<T>                  for containers
 *   objects      custody::handle<T>, counted<T>         that a library owns
 *                custody::watched<T>                    whose memory is C++'s own
 *   buffers      custody::lease
 *   the ledger   custody::loan
 *   callbacks    custody::callback
 *   exceptions   custody::boundary, custody::carried    past the frames of C
 *
 *   const custody_side ledger = custody::side("ledger");
 *   custody::side_scope scope(ledger);
 *   std::vector<int, custody::allocator<int>> entries;       // whose elements `ledger` owns, wherever they are released
 *
 * What is wrong is told in the audit log, as by the functions of C, at the call that broke the rule. Where the runtime does
 * not run, everything works and nothing is checked. With CUSTODY_DISABLE defined this header is still all there: objects
 * are made and end, exceptions are carried, and nothing is checked or linked.
 *
 * Without exceptions (-fno-exceptions) a container that gets no memory ends the program, as those of the standard library
 * do then, and whatever else would throw answers with an empty object.
 *
 * Every class may be used in any thread; one object is one thread's at a time, but for the count of custody::counted. */
#ifndef CUSTODY_CUSTODY_HPP
#define CUSTODY_CUSTODY_HPP

#include "custody/custody.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__cpp_exceptions) && defined(__GLIBCXX__)
#include <cxxabi.h>
#endif

namespace custody
{

/* --- Sides ----------------------------------------------------------------------------------------------------- */

/** The side `name`, registered when it is new (custody_side_register). The unknown side, 0, when that cannot be. */
inline custody_side side(const char *name, enum custody_lang lang = CUSTODY_LANG_CXX) noexcept
{
    custody_side number = 0;
    return custody_side_register(name, lang, &number) == CUSTODY_STATUS_OK ? number : custody_side(0);
}

namespace detail
{

/* Hidden, so that each module has one of its own and is told by its address. */
[[gnu::visibility("hidden"), gnu::noinline]] inline void code_of_this_module() noexcept
{
}

[[gnu::visibility("hidden")]] inline custody_side side_of_this_module() noexcept
{
    custody_side number = 0;
    const void *code = reinterpret_cast<const void *>(&code_of_this_module);
    return custody_side_of_code(code, &number) == CUSTODY_STATUS_OK ? number : custody_side(0);
}

/* The innermost side_scope of this thread; 0: there is none. */
inline thread_local custody_side scope_side = 0;

} // namespace detail

/** The side of the module that calls: the program or a library, with the language C++. */
[[gnu::always_inline]] inline custody_side here() noexcept
{
    return detail::side_of_this_module();
}

/** While it lives, allocators that are made by default in this thread are `side`'s. Scopes nest, and end in the reverse order
 * of their beginning, as objects of automatic storage do. */
class side_scope
{
  public:
    explicit side_scope(custody_side side) noexcept : outer_(detail::scope_side)
    {
        detail::scope_side = side;
    }
    ~side_scope()
    {
        detail::scope_side = outer_;
    }
    side_scope(const side_scope &) = delete;
    side_scope &operator=(const side_scope &) = delete;

    /** The side of the innermost scope of this thread; 0 when there is none. */
    static custody_side current() noexcept
    {
        return detail::scope_side;
    }

  private:
    custody_side outer_;
};

/* --- Blocks ---------------------------------------------------------------------------------------------------- */

namespace detail
{

#ifdef __cpp_exceptions
[[noreturn]] inline void out_of_memory()
{
    throw std::bad_alloc();
}
[[noreturn]] inline void too_many_elements()
{
    throw std::bad_array_new_length();
}
#else
[[noreturn]] inline void out_of_memory()
{
    std::abort();
}
[[noreturn]] inline void too_many_elements()
{
    std::abort();
}
#endif

} // namespace detail

/** An allocator of containers, whose blocks belong to one side (custody_alloc) wherever they are released: containers may be
 * handed over a boundary whole. Two of them are equal when their sides are. Over-aligned types are aligned.
 *
 * The side goes with the elements: a container that is moved or swapped takes its allocator along. A copy of a container
 * is for the side of the scope that it is made in, without one for that of the original. */
template <typename T> class allocator
{
  public:
    using value_type = T;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;
    using is_always_equal = std::false_type;

    /** For the side of the innermost side_scope, without one for the module that calls. */
    [[gnu::always_inline]] inline allocator() noexcept
        : side_(side_scope::current() != 0 ? side_scope::current() : here())
    {
    }

    /** For `side`. */
    explicit allocator(custody_side side) noexcept : side_(side)
    {
    }

    /** For the side of `other`. */
    template <typename U> allocator(const allocator<U> &other) noexcept : side_(other.side())
    {
    }

    /** Room for `count` elements. Throws std::bad_alloc. */
    [[nodiscard]] T *allocate(std::size_t count)
    {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
            detail::too_many_elements();
        void *block = custody_alloc(side_, count * sizeof(T), alignof(T));
        if (block == nullptr)
            detail::out_of_memory();
        return static_cast<T *>(block);
    }

    /** Gives back what an equal allocator made. */
    void deallocate(T *elements, std::size_t) noexcept
    {
        custody_release(side_, elements);
    }

    /** For containers: the allocator of a copy. */
    allocator select_on_container_copy_construction() const noexcept
    {
        return side_scope::current() != 0 ? allocator(side_scope::current()) : *this;
    }

    /** Whose the blocks are. */
    custody_side side() const noexcept
    {
        return side_;
    }

  private:
    custody_side side_;
};

template <typename T, typename U> bool operator==(const allocator<T> &one, const allocator<U> &other) noexcept
{
    return one.side() == other.side();
}

template <typename T, typename U> bool operator!=(const allocator<T> &one, const allocator<U> &other) noexcept
{
    return one.side() != other.side();
}

/* --- Objects --------------------------------------------------------------------------------------------------- *
 * Which objects there are is said once for each type T, by a specialisation of object_traits in front of the first use:
 *
 *   struct account;                                                     // of a library in C that knows Custody itself
 *   template <> struct custody::object_traits<account> : custody::from_library<account_close> {
 *       static constexpr const char *name = "account";
 *   };
 *   custody::handle<account> account(account_open("Ada"));              // account_close(), at the end of its scope
 *
 * The base says where objects come from and how they end: from_library, adopted_from, made_here, and in_place for
 * custody::watched. What the traits can have beside the name:
 *
 *   static constexpr unsigned flags = CUSTODY_TYPE_THREAD_BOUND;        // enum custody_type_flags
 *   static constexpr const char *destroy = "account_close";             // for advice in findings
 *   static custody_side side();                                         // the library that owns them; else the caller */
template <typename T> struct object_traits;

/** What traits are by themselves. Its name is missing on purpose: each type has one of its own. */
struct described {
    static constexpr unsigned flags = CUSTODY_TYPE_PLAIN;
    static constexpr const char *destroy = "the destructor of its owner";
    [[gnu::always_inline]] static inline custody_side side() noexcept
    {
        return here();
    }
};

namespace detail
{

/* A type as it was registered. Both are 0 where the runtime does not run, and then nothing is checked. */
struct registered {
    custody_type type = 0;
    custody_side side = 0;
};

template <typename T> const registered &registration() noexcept
{
    static const registered known = []() noexcept {
        using traits = object_traits<T>;
        registered result;
        result.side = traits::side();
        if (custody_type_register(result.side, traits::name, traits::destroy, traits::flags, &result.type) !=
            CUSTODY_STATUS_OK)
            result.type = 0;
        return result;
    }();
    return known;
}

template <typename T> bool is_counted() noexcept
{
    return (object_traits<T>::flags & CUSTODY_TYPE_COUNTED) != 0;
}

/* False when custody told of a rule that ending `object` breaks: nothing is to be done then. */
template <typename T> bool may_end(T *object) noexcept
{
    custody_type type = registration<T>().type;
    return type == 0 || custody_end(type, object) != CUSTODY_REFUSED;
}

template <typename T> bool may_retain(T *object) noexcept
{
    custody_type type = registration<T>().type;
    return type == 0 || custody_retain(type, object) == 1;
}

} // namespace detail

/** The number of T as a type of objects, registered at the first call; 0 where the runtime does not run. */
template <typename T> custody_type type() noexcept
{
    return detail::registration<T>().type;
}

/** Check on entry: whether `object` is a living T that this thread may use (custody_check). True for anything but NULL where
 * the runtime does not run. */
template <typename T> bool check(const T *object) noexcept
{
    custody_type number = type<T>();
    return number != 0 ? custody_check(number, object) == 1 : object != nullptr;
}

/** Objects of a library that tells Custody of them itself: Destroy(object) ends one reference, Retain(object) makes one
 * more. What they return is not looked at. */
template <auto Destroy, auto Retain = nullptr> struct from_library : described {
    template <typename T> static void end(T *object) noexcept
    {
        Destroy(object);
    }
    template <typename T> static bool retain(T *object) noexcept
    {
        static_assert(!std::is_same_v<decltype(Retain), std::nullptr_t>, "from_library<Destroy, Retain>");
        Retain(object);
        return true;
    }
};

/** Objects of a library that knows nothing of Custody: custody::adopt tells of one, and its end is told before Destroy is
 * called. An end that breaks a rule is refused, and Destroy is not called. */
template <auto Destroy, auto Retain = nullptr> struct adopted_from : described {
    template <typename T> static void end(T *object) noexcept
    {
        if (detail::may_end(object))
            Destroy(object);
    }
    template <typename T> static bool retain(T *object) noexcept
    {
        static_assert(!std::is_same_v<decltype(Retain), std::nullptr_t>, "adopted_from<Destroy, Retain>");
        if (!detail::may_retain(object))
            return false;
        Retain(object);
        return true;
    }
};

/** Objects of C++ that live in blocks of the side: custody::make makes one. Its last reference runs the destructor and gives
 * the block back. */
template <typename T> class made_here : public described
{
    /* A counted object is followed by its count. */
    struct counted_cell {
        alignas(T) unsigned char object[sizeof(T)];
        std::atomic<std::size_t> references{1};
    };
    struct release {
        void operator()(void *block) const noexcept
        {
            custody_release(detail::registration<T>().side, block);
        }
    };

    static bool is_last(T *object) noexcept
    {
        return !detail::is_counted<T>() || references(object).fetch_sub(1, std::memory_order_acq_rel) == 1;
    }
    static std::atomic<std::size_t> &references(T *object) noexcept
    {
        return reinterpret_cast<counted_cell *>(object)->references;
    }

  public:
    template <typename... Arguments> static T *make(Arguments &&...arguments)
    {
        const detail::registered &known = detail::registration<T>();
        std::size_t size = detail::is_counted<T>() ? sizeof(counted_cell) : sizeof(T);
        std::size_t align = detail::is_counted<T>() ? alignof(counted_cell) : alignof(T);
        std::unique_ptr<void, release> block(custody_alloc(known.side, size, align));
        if (block == nullptr)
            return nullptr;
        if (detail::is_counted<T>())
            new (block.get()) counted_cell;
        T *object = new (block.get()) T(std::forward<Arguments>(arguments)...);
        if (known.type != 0 && custody_adopt(known.type, object) != CUSTODY_STATUS_OK) {
            object->~T();
            return nullptr;
        }
        block.release();
        return object;
    }
    static void end(T *object) noexcept
    {
        if (!detail::may_end(object) || !is_last(object))
            return;
        object->~T();
        release()(object);
    }
    static bool retain(T *object) noexcept
    {
        if (!detail::may_retain(object))
            return false;
        references(object).fetch_add(1, std::memory_order_relaxed);
        return true;
    }
};

/** The only owner of an object of a library; ends it when it ends. As std::unique_ptr, with a type that Custody knows. */
template <typename T> class handle
{
  public:
    using element_type = T;

    handle() noexcept = default;
    handle(std::nullptr_t) noexcept
    {
    }

    /** Takes over a reference that a function of the library returned, or that was given up by release(). */
    explicit handle(T *object) noexcept : object_(object)
    {
    }
    handle(handle &&other) noexcept : object_(other.release())
    {
    }
    handle &operator=(handle &&other) noexcept
    {
        reset(other.release());
        return *this;
    }
    ~handle()
    {
        reset();
    }
    handle(const handle &) = delete;
    handle &operator=(const handle &) = delete;

    T *get() const noexcept
    {
        return object_;
    }
    T &operator*() const noexcept
    {
        return *object_;
    }
    T *operator->() const noexcept
    {
        return object_;
    }
    explicit operator bool() const noexcept
    {
        return object_ != nullptr;
    }

    /** Whether the object lives, is a T and may be used by this thread; told of when not. */
    bool check() const noexcept
    {
        return custody::check(object_);
    }

    /** Gives the object up without ending it, as for C. Some handle must take it over again, or a function of C end it. */
    [[nodiscard]] T *release() noexcept
    {
        return std::exchange(object_, nullptr);
    }

    /** Ends the object, and takes over another one or none. */
    void reset(T *object = nullptr) noexcept
    {
        T *old = std::exchange(object_, object);
        if (old != nullptr)
            object_traits<T>::end(old);
    }

    void swap(handle &other) noexcept
    {
        std::swap(object_, other.object_);
    }

  private:
    T *object_ = nullptr;
};

/** One of several owners of an object of a type with CUSTODY_TYPE_COUNTED: a copy is a reference more. Otherwise as handle.
 * A copy that breaks a rule is told of, and empty. */
template <typename T> class counted
{
  public:
    using element_type = T;

    counted() noexcept = default;
    counted(std::nullptr_t) noexcept
    {
    }

    /** Takes over one reference. */
    explicit counted(T *object) noexcept : object_(object)
    {
    }
    counted(handle<T> &&other) noexcept : object_(other.release())
    {
    }
    counted(counted &&other) noexcept : object_(other.release())
    {
    }
    counted(const counted &other) noexcept : object_(retained(other.object_))
    {
    }
    counted &operator=(counted other) noexcept
    {
        swap(other);
        return *this;
    }
    ~counted()
    {
        reset();
    }

    T *get() const noexcept
    {
        return object_.get();
    }
    T &operator*() const noexcept
    {
        return *object_;
    }
    T *operator->() const noexcept
    {
        return object_.get();
    }
    explicit operator bool() const noexcept
    {
        return static_cast<bool>(object_);
    }

    /** As of a handle. */
    bool check() const noexcept
    {
        return object_.check();
    }

    /** Gives one reference up without ending it, as for C. */
    [[nodiscard]] T *release() noexcept
    {
        return object_.release();
    }

    /** Gives this reference back, and takes over another one or none. */
    void reset(T *object = nullptr) noexcept
    {
        object_.reset(object);
    }

    void swap(counted &other) noexcept
    {
        object_.swap(other.object_);
    }

  private:
    static T *retained(const handle<T> &other) noexcept
    {
        static_assert((object_traits<T>::flags & CUSTODY_TYPE_COUNTED) != 0, "the traits of T say nothing of a count");
        return other && object_traits<T>::retain(other.get()) ? other.get() : nullptr;
    }

    handle<T> object_;
};

/** Makes a T, whose traits are made_here, of these arguments. Throws std::bad_alloc, and what the constructor throws. */
template <typename T, typename... Arguments> [[nodiscard]] handle<T> make(Arguments &&...arguments)
{
    T *object = object_traits<T>::make(std::forward<Arguments>(arguments)...);
#ifdef __cpp_exceptions
    if (object == nullptr)
        detail::out_of_memory();
#endif
    return handle<T>(object);
}

/** Tells Custody of an object, whose traits are adopted_from, and takes it over. When there is an object at this address
 * already that has not ended, the handle is empty, and the object is whose it was. */
template <typename T> [[nodiscard]] handle<T> adopt(T *object) noexcept
{
    custody_type number = type<T>();
    bool is_ours = object != nullptr && (number == 0 || custody_adopt(number, object) == CUSTODY_STATUS_OK);
    return handle<T>(is_ours ? object : nullptr);
}

/** Traits of types whose objects tell of themselves: see watched. */
struct in_place : described {
};

/** The public base of classes whose objects tell Custody of themselves, whoever owns their memory: `new` and
 * std::unique_ptr, another object, a container, a UniquePtr in Rust. From constructor to destructor each is an object of
 * its type; one that is never destroyed is a handle-leak, a second destruction a stale-handle.
 *
 *   class drawer;
 *   template <> struct custody::object_traits<drawer> : custody::in_place {
 *       static constexpr const char *name = "drawer";
 *   };
 *   class drawer : public custody::watched<drawer> {
 *     public:
 *       int count() const
 *       {
 *           return is_usable() ? count_ : -1;         // check on entry
 *       }
 *   };
 */
template <typename T> class watched
{
  protected:
    watched() noexcept : is_told_(custody_adopt(type<T>(), static_cast<T *>(this)) == CUSTODY_STATUS_OK)
    {
    }
    watched(const watched &) noexcept : watched()
    {
    }
    watched &operator=(const watched &) noexcept
    {
        return *this;
    }
    ~watched()
    {
        if (is_told_)
            custody_end(type<T>(), static_cast<T *>(this));
    }

    /** Whether this is a living T that this thread may use; told of when not. */
    bool is_usable() const noexcept
    {
        return type<T>() == 0 || custody::check(static_cast<const T *>(this));
    }

  private:
    bool is_told_;
};

/* --- Buffers --------------------------------------------------------------------------------------------------- */

/** A lease, from constructor to end() or destructor: buffer.h says what it checks.
 *
 *   char name[32];
 *   custody::lease lease(library, name, sizeof name, CUSTODY_LEASE_OUT | CUSTODY_LEASE_COPY | CUSTODY_LEASE_NUL);
 *   lease.end(device_name(device, lease.memory<char>(), sizeof name));
 */
class lease
{
  public:
    /** Begins a lease of `capacity` bytes at `buffer` to `to`, with enum custody_lease_flags. */
    lease(custody_side to, void *buffer, std::size_t capacity, unsigned flags) noexcept : buffer_(buffer)
    {
        if (custody_lease_begin(to, buffer, capacity, flags, &number_) != CUSTODY_STATUS_OK)
            number_ = 0;
    }
    lease(lease &&other) noexcept : buffer_(other.buffer_), number_(std::exchange(other.number_, 0))
    {
    }
    /** Ends it, with a length that is not known. */
    ~lease()
    {
        end();
    }
    lease(const lease &) = delete;
    lease &operator=(const lease &) = delete;
    lease &operator=(lease &&) = delete;

    /** What the library is to be given: the buffer, or its guarded copy. */
    template <typename T = void> T *memory() const noexcept
    {
        return static_cast<T *>(number_ != 0 ? custody_lease_memory(number_) : buffer_);
    }

    /** Ends the lease: the library reports `length` bytes. Whether all was well; true when it has ended before. */
    bool end(std::size_t length = CUSTODY_LENGTH_UNKNOWN) noexcept
    {
        custody_lease number = std::exchange(number_, 0);
        return number == 0 || custody_lease_end(number, length) == 1;
    }

  private:
    void *buffer_;
    custody_lease number_ = 0;
};

/* --- The ledger ------------------------------------------------------------------------------------------------ */

/** A block on loan, from constructor to end() or destructor: ledger.h says what it checks. */
class loan
{
  public:
    /** No loan. */
    loan() noexcept = default;

    /** Lends the block that `block` points to or into. Where that breaks a rule it is told of, and this is no loan. */
    loan(const void *block, custody_side from, custody_side to, enum custody_loan_kind kind) noexcept
    {
        if (custody_lend(block, from, to, kind, &number_) != 1)
            number_ = 0;
    }
    loan(loan &&other) noexcept : number_(std::exchange(other.number_, 0))
    {
    }
    loan &operator=(loan &&other) noexcept
    {
        end();
        number_ = std::exchange(other.number_, 0);
        return *this;
    }
    /** Returns it. */
    ~loan()
    {
        end();
    }
    loan(const loan &) = delete;
    loan &operator=(const loan &) = delete;

    /** Whether the block is on loan by this. */
    explicit operator bool() const noexcept
    {
        return number_ != 0;
    }

    /** Returns it now. Whether all was well; true when it has been returned before. */
    bool end() noexcept
    {
        custody_loan number = std::exchange(number_, 0);
        return number == 0 || custody_return(number) == 1;
    }

  private:
    custody_loan number_ = 0;
};

/* --- Callbacks ------------------------------------------------------------------------------------------------- */

/** A callback as its library keeps it, dropped by the destructor with its data: callback.h says what is checked.
 *
 *   custody::callback on_event(library, "on_event", data, drop_data);
 *   ...
 *   if (custody::callback::call call{on_event})
 *       function(call.data(), event);
 */
class callback
{
  public:
    /** No callback. */
    callback() noexcept = default;

    /** Registers one that `keeper` keeps; `drop`, when there is one, releases `data`. Where the runtime does not run the data
     * is dropped all the same, once. For a library that was closed it cannot be called. */
    callback(custody_side keeper, const char *name, void *data, void (*drop)(void *)) noexcept
        : data_(data), drop_(drop), is_held_(true)
    {
        custody_status status = custody_callback_register(keeper, name, data, drop, &number_);
        is_open_ = status != CUSTODY_STATUS_INVALID_ARGUMENT;
        if (status != CUSTODY_STATUS_OK)
            number_ = 0;
    }
    callback(callback &&other) noexcept
    {
        swap(other);
    }
    callback &operator=(callback &&other) noexcept
    {
        callback taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~callback()
    {
        end();
    }
    callback(const callback &) = delete;
    callback &operator=(const callback &) = delete;

    /** Drops it now, with its data. */
    void end() noexcept
    {
        is_open_ = false;
        if (!std::exchange(is_held_, false))
            return;
        if (number_ != 0)
            custody_callback_drop(std::exchange(number_, 0));
        else if (drop_ != nullptr)
            drop_(data_);
    }

    void swap(callback &other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(drop_, other.drop_);
        std::swap(number_, other.number_);
        std::swap(is_held_, other.is_held_);
        std::swap(is_open_, other.is_open_);
    }

    /** One call of it, from constructor to destructor, in which its data is not dropped. */
    class call
    {
      public:
        explicit call(const callback &callback) noexcept : number_(callback.number_), data_(callback.data_)
        {
            is_entered_ = number_ != 0 ? custody_callback_enter(number_, &data_) == 1 : callback.is_open_;
        }
        ~call()
        {
            if (is_entered_ && number_ != 0)
                custody_callback_leave(number_);
        }
        call(const call &) = delete;
        call &operator=(const call &) = delete;

        /** Whether the function may be called; told of when not. */
        explicit operator bool() const noexcept
        {
            return is_entered_;
        }

        /** The user data. */
        void *data() const noexcept
        {
            return data_;
        }

      private:
        custody_callback number_;
        void *data_;
        bool is_entered_;
    };

  private:
    void *data_ = nullptr;
    void (*drop_)(void *) = nullptr;
    custody_callback number_ = 0;
    bool is_held_ = false, is_open_ = false;
};

/* --- Exceptions ------------------------------------------------------------------------------------------------ *
 * C cannot be unwound: its frames have nothing that cleans up, and often no tables to pass them by. So a function that C
 * calls catches what is thrown in it (boundary), C sees an error value and returns, and what was thrown goes on in the C++
 * that called C (carried).
 *
 *   extern "C" int on_entry(const ledger_entry *entry, void *user)
 *   {
 *       return custody::boundary(1, [&] { return static_cast<tour *>(user)->visit(*entry); });     // 1 stops the visits
 *   }
 *   ...
 *   custody::carried([&] { ledger_account_each(account, on_entry, &tour); });        // throws what visit() threw
 */

#ifdef __cpp_exceptions

namespace detail
{

/* The innermost `carried` of this thread, with what was thrown inside it first. */
struct carrier {
    carrier() noexcept : outer(innermost)
    {
        innermost = this;
    }
    ~carrier()
    {
        innermost = outer;
    }
    carrier(const carrier &) = delete;
    carrier &operator=(const carrier &) = delete;

    carrier *outer;
    std::exception_ptr thrown;
    static inline thread_local carrier *innermost = nullptr;
};

inline std::exception_ptr &kept_without_carrier() noexcept
{
    static thread_local std::exception_ptr thrown;
    return thrown;
}

/* Keeps the exception that is being handled, unless an earlier one is kept. What is none of C++ (a panic of Rust) cannot be
 * kept, and goes on. */
inline void keep()
{
    std::exception_ptr thrown = std::current_exception();
    if (thrown == nullptr)
        throw;
    std::exception_ptr &place = carrier::innermost ? carrier::innermost->thrown : kept_without_carrier();
    if (place == nullptr)
        place = std::move(thrown);
}

/* Runs `function`; what is thrown in it is kept, and `answer` answers instead. A thread that is cancelled goes on being
 * unwound: that may not be stopped. */
template <typename Function, typename Answer> auto guarded(Function &&function, Answer &&answer)
{
    try {
        return std::invoke(std::forward<Function>(function));
#ifdef __GLIBCXX__
    } catch (abi::__forced_unwind &) {
        throw;
#endif
    } catch (...) {
        keep();
    }
    return answer();
}

} // namespace detail

/** Runs `function` where C called, and returns what it returns; or `error`, when it threw. The exception is kept for the
 * innermost custody::carried of this thread, without one for take_kept. Of several, the first is kept. */
template <typename Result, typename Function> auto boundary(Result error, Function &&function)
{
    using type = std::invoke_result_t<Function>;
    return detail::guarded(std::forward<Function>(function), [&]() -> type { return static_cast<type>(error); });
}

/** The same for functions that return nothing. */
template <typename Function> void boundary(Function &&function)
{
    detail::guarded([&] { static_cast<void>(std::invoke(std::forward<Function>(function))); }, [] {});
}

/** Calls `function`, which calls C, and returns what it returns; or, once it has returned, throws what a boundary below it
 * kept. */
template <typename Function> auto carried(Function &&function) -> std::invoke_result_t<Function>
{
    detail::carrier carrier;
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
        std::invoke(std::forward<Function>(function));
        if (carrier.thrown != nullptr)
            std::rethrow_exception(std::move(carrier.thrown));
    } else {
        std::invoke_result_t<Function> result = std::invoke(std::forward<Function>(function));
        if (carrier.thrown != nullptr)
            std::rethrow_exception(std::move(carrier.thrown));
        return result;
    }
}

/** What a boundary kept in this thread while there was no custody::carried, such as in a callback of a thread that C made.
 * Empty when there was none; kept no longer. */
inline std::exception_ptr take_kept() noexcept
{
    return std::exchange(detail::kept_without_carrier(), nullptr);
}

#else

template <typename Result, typename Function> auto boundary(Result, Function &&function)
{
    return std::invoke(std::forward<Function>(function));
}

template <typename Function> void boundary(Function &&function)
{
    static_cast<void>(std::invoke(std::forward<Function>(function)));
}

template <typename Function> auto carried(Function &&function) -> std::invoke_result_t<Function>
{
    return std::invoke(std::forward<Function>(function));
}

#endif

} // namespace custody

#endif
