/* Names around Rust's global allocator: see rust_names.h. */
#include "site/rust_names.h"

#include <string.h>

#define MANGLED_START "_RNvCs"
#define MANGLED_CRATE "_7___rustc" /* behind the first underscore of the rest, which ends the hash */

static const char *const functions[CST_RUST_ENTRY_COUNT] = {
    [CST_RUST_ENTRY_ALLOC] = "alloc",
    [CST_RUST_ENTRY_ALLOC_ZEROED] = "alloc_zeroed",
    [CST_RUST_ENTRY_REALLOC] = "realloc",
    [CST_RUST_ENTRY_DEALLOC] = "dealloc",
};

/* The rest of `text` behind `start`; NULL when it starts otherwise. */
static const char *skip(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0' ? text : NULL;
}

/* The plain name in a mangled one: _RNvCs <hash> _7___rustc <length> _ <name>. A suffix that the compiler appended, such
 * as ".llvm.123", stays: a function that was split or copied is not the entry. */
static const char *demangle(const char *symbol)
{
    const char *rest = skip(symbol, MANGLED_START);
    rest = rest != NULL ? strchr(rest, '_') : NULL;
    rest = rest != NULL ? skip(rest, MANGLED_CRATE) : NULL;
    if (rest == NULL) {
        return symbol;
    }
    size_t digits = strspn(rest, "0123456789");
    return digits != 0 && rest[digits] == '_' ? rest + digits + 1 : symbol;
}

static bool take_function(const char *name, enum cst_rust_entry *out_entry)
{
    for (enum cst_rust_entry entry = 0; entry < CST_RUST_ENTRY_COUNT; entry++) {
        if (strcmp(name, functions[entry]) == 0) {
            *out_entry = entry;
            return true;
        }
    }
    return false;
}

/* Quick: asked of every symbol there is. */
static bool may_be_rust(const char *symbol)
{
    return symbol[0] == '_' ? symbol[1] == 'R' || (symbol[1] == '_' && symbol[2] == 'r') : symbol[0] == 'r';
}

enum cst_rust_name cst_rust_name(const char *symbol, enum cst_rust_entry *out_entry)
{
    if (!may_be_rust(symbol)) {
        return CST_RUST_NAME_NONE;
    }
    const char *name = demangle(symbol);
    const char *function = skip(name, "__rust_");
    if (function != NULL) {
        return take_function(function, out_entry) ? CST_RUST_NAME_ENTRY : CST_RUST_NAME_OTHER;
    }
    function = skip(name, "__rdl_");
    if (function != NULL) {
        return take_function(function, out_entry) ? CST_RUST_NAME_DEFAULT : CST_RUST_NAME_OTHER;
    }
    bool other = skip(name, "__rg_") != NULL || strcmp(name, "rust_eh_personality") == 0;
    return other ? CST_RUST_NAME_OTHER : CST_RUST_NAME_NONE;
}
