/* Crates of Rust paths; see rust_path.h. A crate's name stands where a path begins: an identifier that is followed by "::"
 * and does not follow one. */
#include "rust_path.h"

#include <ctype.h>
#include <string.h>

static struct cst_span span_of(const char *start, const char *end)
{
    return (struct cst_span){.start = start, .length = (size_t)(end - start)};
}

static bool is_word(const char *text, size_t at)
{
    unsigned char c = (unsigned char)text[at];
    return isalnum(c) || c == '_' || c >= 0x80;
}

static bool equals(struct cst_span span, const char *word)
{
    return strlen(word) == span.length && strncmp(span.start, word, span.length) == 0;
}

static bool begins(struct cst_span span, const char *word)
{
    return span.length >= strlen(word) && strncmp(span.start, word, strlen(word)) == 0;
}

/* The first crate named in `text`; with `own`, the first that is not the standard library's. */
static struct cst_span find_root(struct cst_span text, bool own)
{
    const char *s = text.start;
    for (size_t i = 0; i < text.length;) {
        if (!is_word(s, i)) {
            i++;
            continue;
        }
        size_t start = i;
        while (i < text.length && is_word(s, i)) {
            i++;
        }
        bool followed = i + 1 < text.length && s[i] == ':' && s[i + 1] == ':';
        bool follows = start >= 2 && s[start - 1] == ':' && s[start - 2] == ':';
        struct cst_span root = span_of(s + start, s + i);
        if (followed && !follows && !(own && cst_rust_path_is_std(root))) {
            return root;
        }
    }
    return (struct cst_span){0};
}

/* Where the angle bracket that opens `path` closes, or its end. `out_as` gets where " as " stands in it, or NULL. */
static const char *closing(const char *path, const char **out_as)
{
    int depth = 0;
    *out_as = NULL;
    for (const char *c = path; *c; c++) {
        bool arrow = *c == '>' && c > path && c[-1] == '-';
        if (strchr("<([{", *c)) {
            depth++;
        } else if (strchr(">)]}", *c) && !arrow && --depth == 0) {
            return c;
        } else if (depth == 1 && !*out_as && strncmp(c, " as ", 4) == 0) {
            *out_as = c;
        }
    }
    return path + strlen(path);
}

/* "<type as trait>" at the front of a path; `trait` is none where the path is "<type>". */
struct qualified {
    struct cst_span type, trait;
};

static struct qualified qualify(const char *path)
{
    const char *as;
    const char *end = closing(path, &as);
    if (!as) {
        return (struct qualified){.type = span_of(path + 1, end)};
    }
    return (struct qualified){.type = span_of(path + 1, as), .trait = span_of(as + 4, end)};
}

/* The crate that defines a type. References are the type's own crate's to implement for; slices, tuples, raw pointers and
 * primitive types belong to core, whatever they are of. */
static struct cst_span crate_of_type(struct cst_span type)
{
    static const char *const marks[] = {"&", "mut ", "dyn "};
    for (size_t i = 0; i < sizeof marks / sizeof *marks;) {
        if (begins(type, marks[i])) {
            type.start += strlen(marks[i]);
            type.length -= strlen(marks[i]);
            i = 0;
        } else {
            i++;
        }
    }
    bool names_a_path = type.length > 0 && (is_word(type.start, 0) || *type.start == '<');
    return names_a_path ? find_root(type, false) : (struct cst_span){0};
}

/* Traits of alloc are implemented there for all types; a task's waker is the one that is made to be implemented. The same
 * holds for conversions that core derives from others. */
static bool is_blanket(struct cst_span trait)
{
    static const char *const derived[] = {"core::convert::Into<", "core::convert::TryInto<", "core::any::Any"};
    if (begins(trait, "alloc::")) {
        return !begins(trait, "alloc::task::Wake");
    }
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        if (begins(trait, derived[i])) {
            return true;
        }
    }
    return false;
}

static struct cst_span crate_of_implementation(const struct qualified *path, bool in_std, bool in_own)
{
    struct cst_span type = crate_of_type(path->type);
    struct cst_span trait = find_root(path->trait, false);
    bool std_trait = trait.length == 0 || cst_rust_path_is_std(trait);
    if (!std_trait) {
        return type.length && !cst_rust_path_is_std(type) ? type : trait;
    }
    bool std_type = type.length == 0 || cst_rust_path_is_std(type);
    if (!std_type) {
        /* A method that the trait itself provides is the standard library's code. */
        return in_std || (!in_own && is_blanket(path->trait)) ? trait : type;
    }
    if (in_own) {
        struct cst_span whole = span_of(path->type.start, path->trait.start + path->trait.length);
        struct cst_span argument = find_root(whole, true);
        if (argument.length) {
            return argument;
        }
    }
    return type.length ? type : trait;
}

struct cst_span cst_rust_path_crate(const char *path, bool in_std, bool in_own)
{
    static const char core[] = "core";
    if (*path != '<') {
        return find_root(span_of(path, path + strlen(path)), false);
    }
    struct qualified qualified = qualify(path);
    if (qualified.trait.length > 0) {
        return crate_of_implementation(&qualified, in_std, in_own);
    }
    struct cst_span type = crate_of_type(qualified.type);
    return type.length ? type : span_of(core, core + strlen(core));
}

bool cst_rust_path_is_std(struct cst_span crate)
{
    static const char *const names[] = {"alloc", "core", "std", "hashbrown", "compiler_builtins", "__rustc"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (equals(crate, names[i])) {
            return true;
        }
    }
    return false;
}

bool cst_rust_path_is_allocator(const char *path)
{
    static const char *const traits[] = {"core::alloc::global::GlobalAlloc", "core::alloc::Allocator"};
    if (*path != '<') {
        return false;
    }
    struct qualified qualified = qualify(path);
    return equals(qualified.trait, traits[0]) || equals(qualified.trait, traits[1]);
}
