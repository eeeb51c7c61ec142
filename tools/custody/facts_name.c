/* Names of functions; see facts_name.h. */
#include "facts_name.h"

#include <libiberty/demangle.h>
#include <stddef.h>
#include <string.h>

#define HASH_DIGITS 16

/* v0 names this short are demangled to be sure: a function of C may be called _RIGHT. */
#define SHORT_NAME 40

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether `name` ends here, or in a suffix that a compiler appended to it. */
static bool is_end(const char *name)
{
    return *name == '\0' || *name == '.';
}

static void ignore_text(const char *text, size_t length, void *opaque)
{
    (void)text;
    (void)length;
    (void)opaque;
}

/* v0: "_R", and the letter of a path (RFC 2603). */
static bool is_rust_v0(const char *name)
{
    return name[0] == '_' && name[1] == 'R' && name[2] != '\0' && strchr("CMXYNIB", name[2]) &&
           (strlen(name) > SHORT_NAME || rust_demangle_callback(name, 0, ignore_text, NULL));
}

/* Legacy: C++'s mangling of a path whose last part is "h" and 16 hexadecimal digits. */
static bool is_rust_legacy(const char *name)
{
    static const char last[] = "17h";
    if (!begins(name, "_ZN")) {
        return false;
    }
    for (const char *part = strstr(name, last); part; part = strstr(part + 1, last)) {
        const char *digits = part + sizeof last - 1;
        if (strspn(digits, "0123456789abcdef") == HASH_DIGITS && digits[HASH_DIGITS] == 'E' &&
            is_end(digits + HASH_DIGITS + 1)) {
            return true;
        }
    }
    return false;
}

/* Functions that compilers name without mangling, but for one language only. */
static enum cst_facts_name of_plain(const char *name)
{
    static const char *const of_rust[] = {"__rust_",           "__rdl_",    "__rg_", "rust_eh_personality",
                                          "rust_begin_unwind", "rust_panic"};
    static const char *const of_cxx[] = {"_GLOBAL__", "__cxx_global_", "__clang_call_terminate", "__tcf_"};
    static const char *const of_start[] = {"main",
                                           "_start",
                                           "_init",
                                           "_fini",
                                           "_dl_relocate_static_pie",
                                           "deregister_tm_clones",
                                           "register_tm_clones",
                                           "__do_global_dtors_aux",
                                           "frame_dummy",
                                           "__libc_csu_init",
                                           "__libc_csu_fini"};
    for (size_t i = 0; i < sizeof of_start / sizeof *of_start; i++) {
        if (begins(name, of_start[i]) && is_end(name + strlen(of_start[i]))) {
            return CST_FACTS_NAME_MAIN;
        }
    }
    for (size_t i = 0; i < sizeof of_rust / sizeof *of_rust; i++) {
        if (begins(name, of_rust[i])) {
            return CST_FACTS_NAME_RUST;
        }
    }
    for (size_t i = 0; i < sizeof of_cxx / sizeof *of_cxx; i++) {
        if (begins(name, of_cxx[i])) {
            return CST_FACTS_NAME_CXX;
        }
    }
    return CST_FACTS_NAME_PLAIN;
}

enum cst_facts_name cst_facts_name(const char *name)
{
    if (is_rust_v0(name) || is_rust_legacy(name)) {
        return CST_FACTS_NAME_RUST;
    }
    return begins(name, "_Z") ? CST_FACTS_NAME_CXX : of_plain(name);
}

/* The plain name in a mangled one of rustc's own crate: _RNvCs <hash> _7___rustc <length> _ <name>. */
static const char *plain_name(const char *name)
{
    static const char start[] = "_RNvCs";
    static const char crate[] = "_7___rustc";
    const char *rest = begins(name, start) ? strchr(name + sizeof start - 1, '_') : NULL;
    if (!rest || !begins(rest, crate)) {
        return name;
    }
    rest += sizeof crate - 1;
    size_t digits = strspn(rest, "0123456789");
    return digits > 0 && rest[digits] == '_' ? rest + digits + 1 : name;
}

bool cst_facts_name_is_rust_allocator(const char *name)
{
    static const char *const crates[] = {"__rust_", "__rdl_", "__rg_"};
    static const char *const functions[] = {"alloc", "alloc_zeroed", "realloc", "dealloc"};
    if (name[0] != '_' || (name[1] != 'R' && name[1] != '_')) {
        return false;
    }
    const char *plain = plain_name(name);
    const char *function = NULL;
    for (size_t i = 0; i < sizeof crates / sizeof *crates && !function; i++) {
        function = begins(plain, crates[i]) ? plain + strlen(crates[i]) : NULL;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions && function; i++) {
        if (begins(function, functions[i]) && is_end(function + strlen(functions[i]))) {
            return true;
        }
    }
    return false;
}

bool cst_facts_name_is_rust_entry(const char *name)
{
    return name[0] == '_' && (name[1] == 'R' || name[1] == '_') && strcmp(plain_name(name), "__rust_dealloc") == 0;
}

bool cst_facts_name_is_rust_start(const char *name)
{
    /* The length before the name keeps lang_start_internal out, which libraries have too. */
    return (begins(name, "_ZN") || begins(name, "_R")) && strstr(name, "3std2rt10lang_start");
}
