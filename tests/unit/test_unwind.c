/* Walks against the C library's own unwinder: over a library that is compiled by two compilers, at several levels of
 * optimisation, with frame pointers and without, in the main thread and in another. What a walk finds, glibc's backtrace()
 * must find, frame by frame. */
#include "site/frame_table.h"
#include "site/stack.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include <cmocka.h>

#include "fixtures/fixture.h"

typedef void probe(void);
typedef void descent(probe *it, int depth);

static const char *const compilers[] = {"gcc", "clang"};
static const char *const flags[] = {"-O0",
                                    "-O0 -fomit-frame-pointer",
                                    "-O1 -fomit-frame-pointer",
                                    "-O2 -fomit-frame-pointer",
                                    "-O2 -fno-omit-frame-pointer",
                                    "-Os",
                                    "-O3 -march=x86-64-v3",
                                    "-O2 -fcf-protection=full -pie"};
static const char *const descents[] = {"deep_plain",     "deep_alloca", "deep_aligned", "deep_qsort",
                                       "deep_arguments", "deep_signal", "deep_fault"};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FRAMES_MAX 64

static void *libraries[COUNT(compilers)][COUNT(flags)];

static int build_fixtures(void **state)
{
    (void)fixture_begin(state);
    for (size_t i = 0; i < COUNT(compilers); i++) {
        for (size_t j = 0; j < COUNT(flags); j++) {
            char command[256], name[32];
            snprintf(name, sizeof name, "deep%zu%zu.so", i, j);
            snprintf(command, sizeof command, "%s -w -g %s -shared -fPIC -o @/%s %%/deep.c", compilers[i], flags[j],
                     name);
            fixture_run(command);
            libraries[i][j] = dlopen(fixture_path(name), RTLD_NOW | RTLD_LOCAL);
            assert_non_null(libraries[i][j]);
        }
    }
    return 0;
}

/* Of the probe that ran last: what a walk and what the C library found from it, and what the quick way found, twice. */
static struct {
    uintptr_t walked[FRAMES_MAX];
    void *expected[FRAMES_MAX + 4];
    size_t walked_count, expected_count;
    size_t skipped; /* of what the C library found: this function, and a sanitizer's in between */
    uint32_t stored, got[3];
    size_t probes;
} seen;

static void look(void)
{
    const struct cst_stack_bounds bounds = cst_stack_bounds_get();
    const uintptr_t first = (uintptr_t)__builtin_return_address(0), frame = (uintptr_t)__builtin_frame_address(0);
    seen.walked_count = cst_stack_walk(first, frame, &bounds, FRAMES_MAX, seen.walked);
    seen.stored = cst_stack_store(seen.walked, seen.walked_count);
    for (size_t i = 0; i < COUNT(seen.got); i++) {
        seen.got[i] = cst_stack_get(first, frame, &bounds, FRAMES_MAX);
    }
    seen.expected_count = (size_t)backtrace(seen.expected, COUNT(seen.expected));
    for (seen.skipped = 1; seen.skipped < 4 && (uintptr_t)seen.expected[seen.skipped] != first;) {
        seen.skipped++;
    }
    seen.probes++;
}

/* The C library tells what was interrupted by its address, a walk by the address one byte further. */
static uintptr_t expected_at(size_t i)
{
    bool interrupted = i > 0 && cst_frame_kind(cst_frame_rule(seen.walked[i - 1])) == CST_FRAME_SIGNAL;
    return (uintptr_t)seen.expected[i + seen.skipped] + (interrupted ? 1 : 0);
}

static void compare(const char *what, const char *compiler, const char *flag)
{
    for (size_t i = 0; i < seen.walked_count && i + seen.skipped < seen.expected_count; i++) {
        if (seen.walked[i] != expected_at(i)) {
            fail_msg("%s, %s %s: frame %zu is %#lx, not %#lx", what, compiler, flag, i, seen.walked[i], expected_at(i));
        }
    }
    if (seen.walked_count + seen.skipped != seen.expected_count) {
        fail_msg("%s, %s %s: %zu frames, not %zu", what, compiler, flag, seen.walked_count,
                 seen.expected_count - seen.skipped);
    }
    for (size_t i = 0; i < COUNT(seen.got); i++) {
        assert_int_equal(seen.got[i], seen.stored);
    }
}

static void descend_everywhere(void)
{
    for (size_t i = 0; i < COUNT(compilers); i++) {
        for (size_t j = 0; j < COUNT(flags); j++) {
            for (size_t k = 0; k < COUNT(descents); k++) {
                descent *descend = NULL;
                *(void **)&descend = dlsym(libraries[i][j], descents[k]);
                assert_non_null(descend);
                for (int depth = 0; depth < 6; depth++) {
                    size_t probes = seen.probes;
                    descend(look, depth);
                    assert_int_equal(seen.probes, probes + 1);
                    compare(descents[k], compilers[i], flags[j]);
                }
            }
        }
    }
}

static void a_walk_finds_what_the_c_library_finds(void **state)
{
    (void)state;
    descend_everywhere();
}

static void *descend_in_thread(void *unused)
{
    descend_everywhere();
    return unused;
}

static void a_walk_in_another_thread_finds_what_the_c_library_finds(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, descend_in_thread, NULL), 0);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_finds_what_the_c_library_finds),
        cmocka_unit_test(a_walk_in_another_thread_finds_what_the_c_library_finds),
    };
    return cmocka_run_group_tests(tests, build_fixtures, fixture_end);
}
