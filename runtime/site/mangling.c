/* Mangling: see mangling.h. Forms from the Itanium C++ ABI, 5.1, and Rust's RFC 2603. */
#include "site/mangling.h"

#include <string.h>

#define HASH_DIGITS 16
#define HASH_LENGTH (3 + HASH_DIGITS + 1)

/* The end of Rust's legacy mangling, which else looks like C++'s: "17h", 16 hexadecimal digits, "E". */
static bool is_rust_hash(const char *text)
{
    return strncmp(text, "17h", 3) == 0 && strspn(text + 3, "0123456789abcdef") == HASH_DIGITS &&
           text[HASH_LENGTH - 1] == 'E';
}

/* The compiler may have put a suffix behind the hash. */
static bool has_rust_hash(const char *symbol)
{
    size_t length = strlen(symbol);
    if (length > HASH_LENGTH && is_rust_hash(symbol + length - HASH_LENGTH)) {
        return true;
    }
    for (const char *at = strstr(symbol, "17h"); at != NULL; at = strstr(at + 1, "17h")) {
        if (is_rust_hash(at)) {
            return true;
        }
    }
    return false;
}

enum custody_lang cst_mangling_lang(const char *symbol)
{
    if (symbol[0] != '_') {
        return CUSTODY_LANG_C;
    }
    if (symbol[1] == 'R') {
        return CUSTODY_LANG_RUST;
    }
    if (symbol[1] != 'Z') {
        return CUSTODY_LANG_C;
    }
    return has_rust_hash(symbol) ? CUSTODY_LANG_RUST : CUSTODY_LANG_CXX;
}

/* In .symtab a version, as in "name@@VERSION", may be part of a name. */
static bool is_named(const char *symbol, const char *plain)
{
    size_t length = strlen(plain);
    return strncmp(symbol, plain, length) == 0 && (symbol[length] == '\0' || symbol[length] == '@');
}

enum custody_contract cst_mangling_operator(const char *symbol)
{
    bool may_be = strncmp(symbol, "_Zn", 3) == 0 || strncmp(symbol, "_Zd", 3) == 0;
    for (enum custody_door door = 0; may_be && door < CUSTODY_DOOR_COUNT; door++) {
        enum custody_contract contract = custody_door_contract(door);
        bool cxx = contract == CUSTODY_CONTRACT_NEW || contract == CUSTODY_CONTRACT_NEW_ARRAY;
        if (cxx && is_named(symbol, custody_door_symbol(door))) {
            return contract;
        }
    }
    return CUSTODY_CONTRACT_UNKNOWN;
}

bool cst_mangling_is_malloc(const char *symbol)
{
    static const char *const names[] = {"malloc",   "calloc", "realloc",        "reallocarray",
                                        "free",     "cfree",  "posix_memalign", "aligned_alloc",
                                        "memalign", "valloc", "pvalloc"};
    bool found = false;
    for (size_t i = 0; strchr("mcrfpav", symbol[0]) != NULL && i < sizeof names / sizeof *names; i++) {
        found = found || is_named(symbol, names[i]);
    }
    return found;
}
