/* Origins of functions; see origin.h. Of Rust's paths rust_path.c knows the crates. */
#include "origin.h"

#include "rust_path.h"

#include <string.h>

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool ends(const char *text, const char *word)
{
    size_t length = strlen(text), size = strlen(word);
    return length >= size && strcmp(text + length - size, word) == 0;
}

/* Rust's own libraries: as their builder's paths are written, as rust-src installs them, as Debian does. */
static bool in_rust_library(const char *file)
{
    return file && (begins(file, "/rustc/") || begins(file, "/rust/deps/") || strstr(file, "/rustlib/src/rust/") ||
                    begins(file, "/usr/src/rustc-"));
}

static bool in_cxx_library(const char *file)
{
    return file && strstr(file, "/include/c++/");
}

/* Behind the bracket that opens at `c`, or the end of the text. */
static const char *skip_brackets(const char *c)
{
    int depth = 0;
    for (; *c; c++) {
        bool arrow = *c == '>' && c[-1] == '-';
        if (strchr("<([{", *c)) {
            depth++;
        } else if (strchr(">)]}", *c) && !arrow && --depth <= 0) {
            return c + 1;
        }
    }
    return c;
}

/* Where the name of a C++ function begins, whose arguments are written behind it and, of templates, its result before it.
 * NULL when there are no arguments: demanglers write them for each C++ function, and never for those of Rust. */
static const char *cxx_name(const char *text)
{
    static const char anonymous[] = "(anonymous namespace)", decltype[] = "decltype ";
    const char *name = text;
    for (const char *c = text; *c;) {
        if (begins(c, "operator") && (c == name || c[-1] == ':')) {
            return name;
        }
        if (begins(c, decltype)) {
            c = skip_brackets(c + sizeof decltype - 1);
        } else if (begins(c, anonymous)) {
            c += sizeof anonymous - 1;
        } else if (*c == '(') {
            return name;
        } else if (*c == '<' || *c == '{' || *c == '[') {
            c = skip_brackets(c);
        } else if (*c++ == ' ') {
            name = c;
        }
    }
    return NULL;
}

static bool looks_like_a_path(const char *function)
{
    return *function == '<' || strstr(function, "::");
}

/* Entries of Rust's allocator and runtime that carry no path. */
static bool is_rust_entry(const char *function)
{
    return begins(function, "__rust_") || begins(function, "__rdl_") || begins(function, "__rg_") ||
           strcmp(function, "rust_begin_unwind") == 0 || strcmp(function, "rust_eh_personality") == 0;
}

const char *cst_origin_lang(const struct cst_call *call)
{
    const char *function = call->function ? call->function : "";
    const char *file = call->file ? call->file : "";
    if (cxx_name(function)) {
        return "c++";
    }
    if (looks_like_a_path(function) || is_rust_entry(function) || ends(file, ".rs")) {
        return "rust";
    }
    if (ends(file, ".c")) {
        return "c";
    }
    bool cxx = ends(file, ".cc") || ends(file, ".cpp") || ends(file, ".cxx") || ends(file, ".C") || ends(file, ".hpp");
    return cxx || in_cxx_library(file) ? "c++" : NULL;
}

static struct cst_span crate_of(const struct cst_call *call)
{
    bool known = call->file != NULL;
    bool in_std = in_rust_library(call->file);
    return cst_rust_path_crate(call->function, in_std, known && !in_std);
}

static bool is_rust_path(const struct cst_call *call)
{
    return call->function && looks_like_a_path(call->function) && !cxx_name(call->function);
}

const char *cst_origin_crate(struct cst_arena *arena, const struct cst_call *call)
{
    if (!is_rust_path(call)) {
        /* A name that was chosen for C, as "#[no_mangle]" does; its unit still tells. */
        const char *lang = cst_origin_lang(call);
        return call->crate && lang && strcmp(lang, "rust") == 0 ? call->crate : "";
    }
    struct cst_span crate = crate_of(call);
    return cst_arena_format(arena, "%.*s", (int)crate.length, crate.length ? crate.start : "");
}

static bool is_rust_machinery(const struct cst_call *call)
{
    if (is_rust_path(call)) {
        return cst_rust_path_is_std(crate_of(call)) || cst_rust_path_is_allocator(call->function);
    }
    return in_rust_library(call->file) || (call->function && is_rust_entry(call->function));
}

static bool is_cxx_machinery(const struct cst_call *call)
{
    static const char *const names[] = {"std::", "__gnu_cxx::", "__cxxabiv1::", "operator new", "operator delete"};
    const char *name = call->function ? cxx_name(call->function) : NULL;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (begins(name, names[i])) {
            return true;
        }
    }
    return !call->function && in_cxx_library(call->file);
}

/* Of the header for C++: who uses it is who allocates. A name alone may be that of another namespace. */
static bool is_custody_machinery(const struct cst_call *call)
{
    return call->file && ends(call->file, "/custody/custody.hpp");
}

/* What the linker puts into each program of libc's. */
static bool is_c_machinery(const struct cst_call *call)
{
    return call->function && (strcmp(call->function, "_start") == 0 || begins(call->function, "__libc_start_"));
}

static enum cst_library library_of_call(const struct cst_call *call)
{
    if (is_rust_machinery(call)) {
        return CST_LIBRARY_RUST;
    }
    if (is_cxx_machinery(call)) {
        return CST_LIBRARY_CXX;
    }
    if (is_custody_machinery(call)) {
        return CST_LIBRARY_CUSTODY;
    }
    return is_c_machinery(call) ? CST_LIBRARY_C : CST_LIBRARY_NONE;
}

static enum cst_library library_of_module(const struct cst_log_module *module)
{
    static const struct {
        const char *role;
        enum cst_library library;
    } roles[] = {{"libc", CST_LIBRARY_C}, {"c++-runtime", CST_LIBRARY_CXX}, {"custody", CST_LIBRARY_ALLOCATOR}};
    /* How names of files begin, for logs without roles and for what has none. */
    static const struct {
        const char *prefix;
        enum cst_library library;
    } files[] = {
        {"libc.so.", CST_LIBRARY_C},
        {"ld-linux", CST_LIBRARY_C},
        {"libc-2.", CST_LIBRARY_C},
        {"ld-2.", CST_LIBRARY_C},
        {"ld-musl", CST_LIBRARY_C},
        {"libpthread", CST_LIBRARY_C},
        {"libstdc++.so", CST_LIBRARY_CXX},
        {"libc++.so", CST_LIBRARY_CXX},
        {"libc++abi.so", CST_LIBRARY_CXX},
        {"libgcc_s.so", CST_LIBRARY_CXX},
        {"libstd-", CST_LIBRARY_RUST},
        {"libjemalloc.so", CST_LIBRARY_ALLOCATOR},
        {"libmimalloc", CST_LIBRARY_ALLOCATOR},
        {"libtcmalloc", CST_LIBRARY_ALLOCATOR},
        {"libsnmalloc", CST_LIBRARY_ALLOCATOR},
        {"libcustody", CST_LIBRARY_ALLOCATOR},
    };
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(module->role, roles[i].role) == 0) {
            return roles[i].library;
        }
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (begins(module->name, files[i].prefix)) {
            return files[i].library;
        }
    }
    return CST_LIBRARY_NONE;
}

enum cst_library cst_origin_library(const struct cst_call *call, const struct cst_log_module *module)
{
    enum cst_library library = module ? library_of_module(module) : CST_LIBRARY_NONE;
    return library == CST_LIBRARY_NONE && call ? library_of_call(call) : library;
}

enum cst_library cst_origin_join(enum cst_library a, enum cst_library b)
{
    if (a == CST_LIBRARY_NONE || a == b) {
        return b;
    }
    return b == CST_LIBRARY_NONE ? a : CST_LIBRARY_SEVERAL;
}

const char *cst_origin_library_name(enum cst_library library)
{
    static const char *const names[] = {
        [CST_LIBRARY_NONE] = "the program",
        [CST_LIBRARY_RUST] = "Rust's standard library",
        [CST_LIBRARY_CXX] = "the C++ standard library",
        [CST_LIBRARY_C] = "the C library",
        [CST_LIBRARY_ALLOCATOR] = "an allocator",
        [CST_LIBRARY_CUSTODY] = "Custody's header",
        [CST_LIBRARY_SEVERAL] = "standard libraries",
    };
    return names[library];
}
