/* Rust's entries by the pattern of their code: hand-written ones, each of which is a little different from what the compiler
 * makes. test_rust.c has libraries by rustc. */
#include "site/rust_pattern.h"

#include "base/elf.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

/* Builds the fixture with `macros`, loads it and looks for entries. */
static enum cst_rust_pattern find(const char *macros, struct cst_rust_survey *out_survey, uint64_t *out_thunks)
{
    char command[256];
    snprintf(command, sizeof command, "cc -shared -o @/pattern.so %s %%/default_allocator.S", macros);
    fixture_run(command);
    void *library = dlopen(fixture_path("pattern.so"), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    uintptr_t thunks = (uintptr_t)dlsym(library, "thunks");
    const struct cst_module *module = cst_module_find(thunks);
    assert_non_null(module);
    struct cst_elf elf;
    assert_true(cst_elf_open(fixture_path("pattern.so"), &elf));
    enum cst_rust_pattern found = cst_rust_pattern_find(module, &elf, out_survey);
    *out_thunks = thunks - module->base;
    cst_elf_close(&elf);
    dlclose(library);
    cst_module_sweep(NULL);
    return found;
}

static void expect_all(const char *macros, uint64_t size)
{
    static const enum cst_rust_entry order[] = {CST_RUST_ENTRY_ALLOC, CST_RUST_ENTRY_DEALLOC, CST_RUST_ENTRY_REALLOC,
                                                CST_RUST_ENTRY_ALLOC_ZEROED};
    struct cst_rust_survey survey;
    uint64_t thunks;
    assert_int_equal(find(macros, &survey, &thunks), CST_RUST_PATTERN_ENTRIES);
    assert_int_equal(survey.count, CST_RUST_ENTRY_COUNT);
    for (size_t i = 0; i < survey.count; i++) {
        assert_int_equal(survey.found[i].entry, order[i]);
        assert_int_equal(survey.found[i].address, thunks + i * 16);
        assert_int_equal(survey.found[i].size, size);
    }
}

static void expect(enum cst_rust_pattern expected, const char *macros)
{
    struct cst_rust_survey survey;
    uint64_t thunks;
    assert_int_equal(find(macros, &survey, &thunks), expected);
    assert_int_equal(survey.count, 0);
}

static void the_four_entries_are_found(void **state)
{
    (void)state;
    expect_all("", 5);
    expect_all("-DFRAMED", 10);
    expect_all("-fuse-ld=lld", 5);
    expect_all("-Wl,-z,now", 5);
}

static void without_a_trace_of_rustc_nothing_is_found(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_NONE, "-DMARK='\"clang version 1.0\"'");
}

static void without_the_functions_of_libc_nothing_is_found(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_NONE, "-DFUNCTION=malloc");
}

static void two_entries_of_a_kind_are_ambiguous(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_TRACES, "-DTWICE");
}

static void three_entries_are_not_enough(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_TRACES, "-DLACKING");
}

static void an_allocator_that_writes_to_memory_is_another(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=WRITE_VARIABLE");
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=WRITE_BLOCK");
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=WRITE_THREAD");
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=WRITE_STRING");
    expect_all("-DIN_ALLOC=WRITE_STACK", 5);
}

static void an_allocator_that_calls_others_is_another(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=CALL_OTHER");
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=CALL_REGISTER");
    expect(CST_RUST_PATTERN_TRACES, "-DIN_ALLOC=CALL_FREE");
}

static void a_release_of_another_argument_is_another(void **state)
{
    (void)state;
    expect(CST_RUST_PATTERN_TRACES, "-DIN_DEALLOC=PASS_SECOND");
    expect_all("-DIN_DEALLOC=PASS_FIRST", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_entries_are_found),
        cmocka_unit_test(without_a_trace_of_rustc_nothing_is_found),
        cmocka_unit_test(without_the_functions_of_libc_nothing_is_found),
        cmocka_unit_test(two_entries_of_a_kind_are_ambiguous),
        cmocka_unit_test(three_entries_are_not_enough),
        cmocka_unit_test(an_allocator_that_writes_to_memory_is_another),
        cmocka_unit_test(an_allocator_that_calls_others_is_another),
        cmocka_unit_test(a_release_of_another_argument_is_another),
    };
    return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
