/* Plain names; see function_name.h. */
#include "function_name.h"

#include "demangle.h"

#include <stdbool.h>
#include <string.h>

#define HASH_DIGITS 16

static bool is_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           byte == '_' || byte == '$';
}

/* Ends the name before a suffix that names a clone. In a name of C the first dot begins it: identifiers have none. */
static void cut_clone(char *name)
{
    char *clone = strstr(name, " [clone ");
    if (!clone) {
        char *at = name;
        while (is_word(*at)) {
            at++;
        }
        clone = at > name && *at == '.' ? at : NULL;
    }
    if (clone) {
        *clone = '\0';
    }
}

static bool is_hash(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

/* Takes "[hash]" out wherever it stands, and "::h<hash>" off the end. */
static void cut_hashes(char *name)
{
    size_t length = strlen(name);
    const size_t tail = HASH_DIGITS + 3;
    if (length > tail && strncmp(name + length - tail, "::h", 3) == 0 &&
        is_hash(name + length - HASH_DIGITS, HASH_DIGITS)) {
        name[length - tail] = '\0';
    }
    char *to = name;
    for (const char *from = name; *from;) {
        size_t digits = *from == '[' ? strspn(from + 1, "0123456789abcdef") : 0;
        if (digits >= HASH_DIGITS - 3 && digits <= HASH_DIGITS && from[digits + 1] == ']') {
            from += digits + 2;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

const char *cst_function_name_plain(struct cst_arena *arena, const char *name)
{
    char *plain = cst_arena_copy(arena, name);
    char *promoted = strstr(plain, ".llvm.");
    if (promoted) {
        *promoted = '\0';
        /* The suffix may have kept the name from being demangled. */
        plain = cst_arena_copy(arena, cst_demangle(arena, plain));
    }
    cut_clone(plain);
    cut_hashes(plain);
    return plain;
}
