/* Decorations; the contract stands in the header. Names come from files and may be anything: a name that only looks like
 * Rust's is cut in some way or other, the same way each time, and never read beyond its end. */
#include "audit/decoration.h"

#include <string.h>

#define HASH_PREFIX "17h"
#define HASH_SIZE (sizeof "17h0123456789abcdefE" - 1)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alphanumeric(char c)
{
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* ---- where a name ends ---- */

/* The word between two dots, or a dot and the end, that a clone's suffix begins with. */
static bool is_clone_word(const char *word, size_t length)
{
    static const char *const words[] = {"cold", "constprop", "isra", "part", "llvm", "lto_priv", "localalias", "clone"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0) {
            return true;
        }
    }
    size_t digits = 0;
    while (digits < length && is_digit(word[digits])) {
        digits++;
    }
    return length > 0 && digits == length;
}

static const char *find_clone_suffix(const char *name)
{
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        if (dot > name && is_clone_word(dot + 1, strcspn(dot + 1, "."))) {
            return dot;
        }
    }
    return name + strlen(name);
}

static bool is_hash(const char *at)
{
    size_t prefix = sizeof HASH_PREFIX - 1;
    return strncmp(at, HASH_PREFIX, prefix) == 0 && strspn(at + prefix, "0123456789abcdef") == 16 &&
           at[HASH_SIZE - 1] == 'E' && (at[HASH_SIZE] == '\0' || at[HASH_SIZE] == '.');
}

/* The hash of the older mangling, whose names look like C++'s and have dots of their own; NULL when there is none. */
static const char *find_hash(const char *name)
{
    if (strncmp(name, "_ZN", 3) != 0) {
        return NULL;
    }
    for (const char *at = strstr(name, HASH_PREFIX); at != NULL; at = strstr(at + 1, HASH_PREFIX)) {
        if (is_hash(at)) {
            return at;
        }
    }
    return NULL;
}

struct cst_decoration_walk cst_decoration_begin(const char *name)
{
    struct cst_decoration_walk walk = {.at = name, .is_rust = strncmp(name, "_R", 2) == 0};
    const char *hash = find_hash(name);
    if (hash != NULL) {
        walk.end = hash;
    } else {
        walk.end = walk.is_rust ? name + strcspn(name, ".$") : find_clone_suffix(name);
    }
    return walk;
}

/* ---- names of the "v0" mangling ---- */

/* Length of a base-62 number with its closing underscore at `at`; 0 when there is none. */
static size_t number_length(const char *at, const char *end)
{
    const char *digit = at;
    while (digit < end && is_alphanumeric(*digit)) {
        digit++;
    }
    return digit < end && *digit == '_' ? (size_t)(digit - at) + 1 : 0;
}

/* Length of an identifier, which begins with the number of its bytes. */
static size_t identifier_length(const char *at, const char *end)
{
    const char *digit = at;
    size_t left = (size_t)(end - at), bytes = 0;
    do {
        bytes = bytes * 10 + (size_t)(*digit++ - '0');
    } while (bytes > 0 && bytes <= left && digit < end && is_digit(*digit));
    if (bytes > 0 && digit < end && *digit == '_') {
        digit++;
    }
    size_t room = (size_t)(end - digit);
    return (size_t)(digit - at) + (bytes < room ? bytes : room);
}

/* Length of the disambiguator at `at`; 0 when the `s` there is something else: a type. */
static size_t disambiguator_length(const struct cst_decoration_walk *walk, const char *at)
{
    size_t number = *at == 's' ? number_length(at + 1, walk->end) : 0;
    if (number == 0) {
        return 0;
    }
    const char *next = at + 1 + number;
    bool names_something = next < walk->end && (is_digit(*next) || *next == 'u');
    bool follows_a_path = walk->tag == 'C' || walk->tag == 'M' || walk->tag == 'X';
    return names_something || follows_a_path ? 1 + number : 0;
}

/* Length of what stands at `at` and is kept whole: at least 1. */
static size_t token_length(const char *at, const char *end)
{
    if (is_digit(*at)) {
        return identifier_length(at, end);
    }
    if (*at == 'L' || *at == 'G') { /* lifetimes and binders */
        return 1 + number_length(at + 1, end);
    }
    if (*at == 'K' && at + 1 < end && is_lower(at[1])) { /* a constant: its type and its value */
        return 2 + number_length(at + 2, end);
    }
    return 1;
}

/* Length of what is left out at `at`: a disambiguator, or the number of a back reference. */
static size_t left_out(const struct cst_decoration_walk *walk, const char *at)
{
    if (walk->tag == 'B') {
        return number_length(at, walk->end);
    }
    return disambiguator_length(walk, at);
}

static size_t next_of_rust(struct cst_decoration_walk *walk, const char **out_piece)
{
    size_t skipped;
    while (walk->at < walk->end && (skipped = left_out(walk, walk->at)) > 0) {
        walk->at += skipped;
        walk->tag = '_';
    }
    *out_piece = walk->at;
    const char *at = walk->at;
    while (at < walk->end && left_out(walk, at) == 0) {
        walk->tag = *at;
        at += token_length(at, walk->end);
    }
    walk->at = at;
    return (size_t)(at - *out_piece);
}

size_t cst_decoration_next(struct cst_decoration_walk *walk, const char **out_piece)
{
    if (walk->is_rust) {
        return next_of_rust(walk, out_piece);
    }
    *out_piece = walk->at;
    size_t length = (size_t)(walk->end - walk->at);
    walk->at = walk->end;
    return length;
}
