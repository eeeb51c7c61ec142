/* Any bytes as a pattern and a text, with a NUL between them: names of functions and files, globs, symbols to be made
 * readable. What is told lies in the text, or is a word of our own; matching takes no longer than both together ask for. */
#include "../fuzz.h"

#include "arena.h"
#include "demangle.h"
#include "facts_name.h"
#include "glob.h"
#include "leak_pattern.h"
#include "number_clamp.h"
#include "rust_path.h"

static void require_within(struct cst_span span, const char *text)
{
    bool is_static = span.length == 4 && memcmp(span.start, "core", 4) == 0;
    require(span.length == 0 || is_static || (span.start >= text && span.start + span.length <= text + strlen(text)));
}

static void tell_crate(const char *path)
{
    for (int in = 0; in < 3; in++) {
        struct cst_span crate = cst_rust_path_crate(path, in == 1, in == 2);
        require_within(crate, path);
        use(cst_rust_path_is_std(crate));
    }
    use(cst_rust_path_is_allocator(path));
}

static void match(const char *pattern, const char *text)
{
    bool matches = cst_glob_matches(pattern, text);
    require(!matches || cst_glob_matches_function(pattern, text));
    require(cst_glob_matches("*", text));
    use(cst_glob_matches_path(pattern, text));
    use(cst_glob_is_plain(pattern) + cst_leak_pattern_matches(pattern, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = bytes + size;
    char *pattern = take_text(&at, end), *text = take_text(&at, end);
    struct cst_arena arena = {0};
    match(pattern, text);
    match(text, pattern);
    const char *readable = cst_demangle(&arena, pattern);
    require(readable != NULL);
    tell_crate(readable);
    tell_crate(pattern);
    use(cst_facts_name(pattern) + cst_facts_name_is_rust_allocator(pattern) + cst_facts_name_is_rust_entry(pattern) +
        cst_facts_name_is_rust_start(pattern));
    cst_number_clamp(pattern, strlen(pattern));
    cst_arena_free(&arena);
    free(pattern);
    free(text);
    return 0;
}
