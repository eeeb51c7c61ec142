/* Where functions are from: language, crate, machinery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "origin.h"

#define STD_FILE "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/iter/mod.rs"
#define OWN_FILE "/home/me/foo/src/lib.rs"

static struct cst_arena arena;

static int free_arena(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

static void assert_crate(const char *function, const char *file, const char *crate)
{
    const struct cst_call call = {.function = function, .file = file};
    assert_string_equal(cst_origin_crate(&arena, &call), crate);
    assert_string_equal(cst_origin_lang(&call), "rust");
}

static void assert_library(const char *function, const char *file, enum cst_library library)
{
    const struct cst_call call = {.function = function, .file = file};
    assert_int_equal(cst_origin_library(&call, NULL), library);
}

static void assert_lang(const char *function, const char *file, const char *lang)
{
    const struct cst_call call = {.function = function, .file = file};
    const char *told = cst_origin_lang(&call);
    if (lang) {
        assert_non_null(told);
        assert_string_equal(told, lang);
    } else {
        assert_null(told);
    }
}

static void a_path_begins_with_its_crate(void **state)
{
    (void)state;
    assert_crate("foo::main", NULL, "foo");
    assert_crate("foo::main::{closure#0}", NULL, "foo");
    assert_crate("foo::main::{{closure}}", NULL, "foo");
    assert_crate("<foo::Bar>::new", NULL, "foo");
    assert_crate("foo::m::<impl core::convert::From<foo::m::B> for alloc::string::String>::from", NULL, "foo");
    assert_crate("foo_bar2::make::<alloc::string::String>", NULL, "foo_bar2");
}

static void an_implementation_is_of_the_crate_of_its_type_or_its_trait(void **state)
{
    (void)state;
    assert_crate("<foo::Bar as core::fmt::Debug>::fmt", NULL, "foo");
    assert_crate("<&mut foo::Bar as core::iter::traits::iterator::Iterator>::next", NULL, "foo");
    assert_crate("<alloc::vec::Vec<T> as foo::Ext>::ext", NULL, "foo");
    assert_crate("<[u8] as foo::Ext>::ext", NULL, "foo");
    assert_crate("<foo::Bar as bar::Ext>::ext", NULL, "foo");
    assert_crate("<fn(u8) -> u8 as foo::Ext>::ext", NULL, "foo");
    assert_crate("<alloc::string::String as core::convert::From<foo::B>>::from", OWN_FILE, "foo");
    assert_crate("<alloc::vec::Vec<foo::X> as core::clone::Clone>::clone", NULL, "alloc");
}

static void what_a_trait_provides_is_of_the_trait(void **state)
{
    (void)state;
    assert_crate("<foo::It as core::iter::traits::iterator::Iterator>::collect::<alloc::vec::Vec<u8>>", STD_FILE,
                 "core");
    assert_crate("<foo::It as core::iter::traits::iterator::Iterator>::next", OWN_FILE, "foo");
    assert_crate("<foo::B as alloc::string::ToString>::to_string", NULL, "alloc");
    assert_crate("<foo::B as core::convert::Into<alloc::string::String>>::into", NULL, "core");
    assert_crate("<foo::B as alloc::task::Wake>::wake", NULL, "foo");
}

static void generic_code_of_the_standard_library_is_machinery_whatever_it_is_of(void **state)
{
    (void)state;
    static const char *const names[] = {
        "<alloc::vec::Vec<foo::X>>::push",
        "alloc::vec::Vec<T,A>::push",
        "core::ptr::drop_in_place::<foo::Bar>",
        "<[foo::X]>::to_vec",
        "<[foo::X] as alloc::slice::hack::ConvertVec>::to_vec",
        "<[foo::X] as core::clone::Clone>::clone",
        "<alloc::raw_vec::RawVec<foo::X> as core::ops::drop::Drop>::drop",
        "<hashbrown::raw::RawTable<(foo::K, foo::V)>>::reserve_rehash",
        "std::thread::functions::spawn::<foo::main::{closure#1}, ()>",
        "__rustc::__rdl_alloc",
        "__rust_alloc",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_library(names[i], NULL, CST_LIBRARY_RUST);
    }
    assert_library("<foo::main::{closure#0} as core::ops::function::FnOnce<()>>::call_once", STD_FILE,
                   CST_LIBRARY_RUST);
    assert_library(NULL, STD_FILE, CST_LIBRARY_RUST);
    assert_library("foo::main", STD_FILE, CST_LIBRARY_NONE);
    assert_library("foo::alloc::make", NULL, CST_LIBRARY_NONE);
    assert_library("allocator::make", NULL, CST_LIBRARY_NONE);
}

static void an_allocator_of_the_programs_own_is_machinery(void **state)
{
    (void)state;
    assert_library("<foo::Counting as core::alloc::global::GlobalAlloc>::alloc", OWN_FILE, CST_LIBRARY_RUST);
    assert_library("<foo::Counting as core::fmt::Debug>::fmt", OWN_FILE, CST_LIBRARY_NONE);
}

static void cxx_is_told_by_its_arguments(void **state)
{
    (void)state;
    assert_library("std::vector<int, std::allocator<int> >::push_back(int const&)", NULL, CST_LIBRARY_CXX);
    assert_library("void std::vector<app::X>::_M_realloc_insert<app::X>(app::X&&)", NULL, CST_LIBRARY_CXX);
    assert_library("__gnu_cxx::new_allocator<app::X>::allocate(unsigned long, void const*)", NULL, CST_LIBRARY_CXX);
    assert_library("operator new(unsigned long)", NULL, CST_LIBRARY_CXX);
    assert_library("std::function<void ()>::operator()() const", NULL, CST_LIBRARY_CXX);
    assert_library(NULL, "/usr/include/c++/12/bits/stl_vector.h", CST_LIBRARY_CXX);
    assert_library("std::unique_ptr<app::X> app::make<app::X>(int)", NULL, CST_LIBRARY_NONE);
    assert_library("(anonymous namespace)::make(std::string)", NULL, CST_LIBRARY_NONE);
    assert_library("app::run()::{lambda(int)#1}::operator()(int) const", NULL, CST_LIBRARY_NONE);
    assert_library("app::Box::operator new(unsigned long)", NULL, CST_LIBRARY_NONE);
    assert_library("app::operator<<(std::ostream&, app::X)", NULL, CST_LIBRARY_NONE);
    assert_library("decltype (f({parm#1})) app::apply<int>(int)", NULL, CST_LIBRARY_NONE);
    assert_library("core::Engine::run(int)", NULL, CST_LIBRARY_NONE);
    assert_library("alloc::make(int)", "/src/alloc.cpp", CST_LIBRARY_NONE);
}

static void the_header_for_cxx_is_machinery(void **state)
{
    (void)state;
    static const char file[] = "/usr/local/include/custody/custody.hpp";
    assert_library("custody::allocator<int>::allocate(unsigned long)", file, CST_LIBRARY_CUSTODY);
    assert_library("app::X* custody::made_here<app::X>::make<int>(int&&)", file, CST_LIBRARY_CUSTODY);
    assert_library("custody::allocator<int>::allocate(unsigned long)", NULL, CST_LIBRARY_NONE);
    assert_library("custody::Drawer::open(int)", "/src/drawer.cpp", CST_LIBRARY_NONE);
    assert_string_equal(cst_origin_library_name(CST_LIBRARY_CUSTODY), "Custody's header");
}

static void languages_are_told_by_name_or_file(void **state)
{
    (void)state;
    assert_lang("core::Engine::run(int)", NULL, "c++");
    assert_lang("foo::run", NULL, "rust");
    assert_lang("ledger_open", "/home/me/src/ledger.rs", "rust");
    assert_lang("ledger_open", "/home/me/src/ledger.c", "c");
    assert_lang("main", "/home/me/src/main.cpp", "c++");
    assert_lang("ledger_open", NULL, NULL);
    assert_lang(NULL, NULL, NULL);
    const struct cst_call call = {.function = "ledger_open", .file = "/x/ledger.rs"};
    assert_string_equal(cst_origin_crate(&arena, &call), "");
}

static void wrappers_of_c_programs_are_somebodys_code(void **state)
{
    (void)state;
    assert_library("xmalloc", "/src/xmalloc.c", CST_LIBRARY_NONE);
    assert_library("malloc", NULL, CST_LIBRARY_NONE);
    assert_library("main", NULL, CST_LIBRARY_NONE);
}

static void modules_are_machinery_by_role_and_by_name(void **state)
{
    (void)state;
    static const struct {
        struct cst_log_module module;
        enum cst_library library;
    } cases[] = {
        {{.name = "libfoo.so", .role = "library"}, CST_LIBRARY_NONE},
        {{.name = "libcurl.so", .role = ""}, CST_LIBRARY_NONE},
        {{.name = "libc.so.6", .role = ""}, CST_LIBRARY_C},
        {{.name = "ld-linux-x86-64.so.2", .role = ""}, CST_LIBRARY_C},
        {{.name = "anything", .role = "libc"}, CST_LIBRARY_C},
        {{.name = "anything", .role = "c++-runtime"}, CST_LIBRARY_CXX},
        {{.name = "anything", .role = "custody"}, CST_LIBRARY_ALLOCATOR},
        {{.name = "libstd-0123456789abcdef.so", .role = "library"}, CST_LIBRARY_RUST},
        {{.name = "libjemalloc.so.2", .role = "library"}, CST_LIBRARY_ALLOCATOR},
    };
    const struct cst_call call = {.function = "f"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cst_origin_library(NULL, &cases[i].module), cases[i].library);
        assert_int_equal(cst_origin_library(&call, &cases[i].module), cases[i].library);
    }
}

static void broken_names_do_no_harm(void **state)
{
    (void)state;
    static const char *const names[] = {"",   "<",    ">",   "::", "<<", "< as ",     "<a as ",   "<&&&",
                                        "->", "((((", "a::", "{",  "< ", "decltype ", "operator", "<> as x::y>::"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct cst_call call = {.function = names[i], .file = ""};
        (void)cst_origin_lang(&call);
        (void)cst_origin_crate(&arena, &call);
        (void)cst_origin_library(&call, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_begins_with_its_crate),
        cmocka_unit_test(an_implementation_is_of_the_crate_of_its_type_or_its_trait),
        cmocka_unit_test(what_a_trait_provides_is_of_the_trait),
        cmocka_unit_test(generic_code_of_the_standard_library_is_machinery_whatever_it_is_of),
        cmocka_unit_test(an_allocator_of_the_programs_own_is_machinery),
        cmocka_unit_test(cxx_is_told_by_its_arguments),
        cmocka_unit_test(the_header_for_cxx_is_machinery),
        cmocka_unit_test(languages_are_told_by_name_or_file),
        cmocka_unit_test(wrappers_of_c_programs_are_somebodys_code),
        cmocka_unit_test(modules_are_machinery_by_role_and_by_name),
        cmocka_unit_test(broken_names_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
