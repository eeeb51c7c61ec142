/* Stacks: walks over real and over forged frames, on the main thread, on others and on alternate stacks; and the store,
 * which must give back what it was given, once, and must not be filled by garbage. */
#include "site/stack.h"

#include "site/callsite_read.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CODE_MAX 512

/* Return addresses of this program that a store believes. */
static uintptr_t code[CODE_MAX];
static size_t code_count;

extern const char __executable_start, etext;

static int gather_code(void **state)
{
    (void)state;
    for (uintptr_t at = (uintptr_t)&__executable_start; at < (uintptr_t)&etext && code_count < CODE_MAX; at++) {
        if (cst_callsite_plausible(at)) {
            code[code_count++] = at;
        }
    }
    return code_count < 64;
}

/* Frames forged in `words`, so that each can be made wrong by itself. */
struct forged {
    uintptr_t words[64];
    struct cst_stack_bounds bounds;
};

static void forge(struct forged *forged, size_t frames)
{
    memset(forged->words, 0, sizeof forged->words);
    forged->bounds = (struct cst_stack_bounds){(uintptr_t)forged->words, (uintptr_t)(forged->words + 64)};
    for (size_t i = 0; i < frames; i++) {
        forged->words[i * 4] = (uintptr_t)&forged->words[(i + 1) * 4];
        forged->words[i * 4 + 1] = code[i];
    }
}

static size_t walk_forged(struct forged *forged, size_t max, uintptr_t *out_frames)
{
    return cst_stack_walk(code[0], (uintptr_t)forged->words, &forged->bounds, max, out_frames);
}

static void a_walk_ends_where_the_chain_of_frames_ends(void **state)
{
    (void)state;
    struct forged forged;
    uintptr_t frames[64];
    forge(&forged, 10);
    assert_int_equal(walk_forged(&forged, 64, frames), 10);
    assert_memory_equal(frames, code, 10 * sizeof *frames);
}

static void a_walk_gives_no_more_frames_than_asked(void **state)
{
    (void)state;
    struct forged forged;
    uintptr_t frames[5] = {0, 0, 0, 0, 77};
    forge(&forged, 10);
    assert_int_equal(walk_forged(&forged, 1, frames), 1);
    assert_int_equal(walk_forged(&forged, 4, frames), 4);
    assert_int_equal(frames[4], 77);
}

static void a_frame_that_cannot_be_ends_the_walk(void **state)
{
    (void)state;
    struct forged forged;
    uintptr_t frames[64];
    const uintptr_t here = (uintptr_t)forged.words;
    const uintptr_t bad_frames[] = {0,
                                    here,
                                    here + 4,
                                    here + 8 * 8 + 1,
                                    here - 64,
                                    here + sizeof forged.words,
                                    here + sizeof forged.words - 8,
                                    UINTPTR_MAX,
                                    UINTPTR_MAX - 7};
    for (size_t i = 0; i < sizeof bad_frames / sizeof *bad_frames; i++) {
        forge(&forged, 10);
        forged.words[8] = bad_frames[i];
        assert_int_equal(walk_forged(&forged, 64, frames), 3);
    }
    const uintptr_t bad_code[] = {0, 1, 4095, here + 8, (uintptr_t)1 << 47, UINTPTR_MAX};
    for (size_t i = 0; i < sizeof bad_code / sizeof *bad_code; i++) {
        forge(&forged, 10);
        forged.words[9] = bad_code[i];
        assert_int_equal(walk_forged(&forged, 64, frames), 2);
    }
}

static void unknown_bounds_leave_the_first_frame(void **state)
{
    (void)state;
    struct forged forged;
    uintptr_t frames[64];
    forge(&forged, 10);
    forged.bounds = (struct cst_stack_bounds){0, 0};
    assert_int_equal(walk_forged(&forged, 64, frames), 1);
    assert_int_equal(frames[0], code[0]);
}

static bool walk_here_reaches(uintptr_t caller)
{
    struct cst_stack_bounds bounds = cst_stack_bounds_get();
    uintptr_t frames[64];
    size_t count = cst_stack_walk((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0),
                                  &bounds, 64, frames);
    for (size_t i = 0; i < count; i++) {
        if (frames[i] == caller) {
            return count > 2;
        }
    }
    return false;
}

static CST_NOINLINE bool walk_from_depth(int depth, uintptr_t caller)
{
    volatile bool reached = depth ? walk_from_depth(depth - 1, caller) : walk_here_reaches(caller);
    return reached;
}

static CST_NOINLINE bool walks_real_frames(void)
{
    return walk_from_depth(7, (uintptr_t)__builtin_return_address(0));
}

static void *walk_in_thread(void *unused)
{
    (void)unused;
    volatile bool good = walks_real_frames();
    return good ? "good" : NULL;
}

static void a_walk_reaches_the_callers_of_the_main_thread(void **state)
{
    (void)state;
    assert_true(walks_real_frames());
}

static void a_walk_reaches_the_callers_of_another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    void *good = NULL;
    assert_int_equal(pthread_create(&thread, NULL, walk_in_thread, NULL), 0);
    pthread_join(thread, &good);
    assert_non_null(good);
}

static void *fork_and_walk(void *unused)
{
    (void)unused;
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        _exit(walks_real_frames() ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status == 0 ? "good" : NULL;
}

static void a_walk_reaches_the_callers_in_a_child_forked_by_a_thread(void **state)
{
    (void)state;
    pthread_t thread;
    void *good = NULL;
    assert_int_equal(pthread_create(&thread, NULL, fork_and_walk, NULL), 0);
    pthread_join(thread, &good);
    assert_non_null(good);
}

static struct cst_stack_bounds own_bounds;
static volatile size_t frames_on_other_stack;

static void walk_on_other_stack(int signal_number)
{
    (void)signal_number;
    uintptr_t frames[64];
    frames_on_other_stack = cst_stack_walk(code[0], (uintptr_t)__builtin_frame_address(0), &own_bounds, 64, frames);
}

static void an_alternate_signal_stack_gives_one_frame(void **state)
{
    (void)state;
    stack_t other = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16}, before;
    struct sigaction action = {.sa_handler = walk_on_other_stack, .sa_flags = SA_ONSTACK}, old_action;
    own_bounds = cst_stack_bounds_get();
    sigaltstack(&other, &before);
    sigaction(SIGUSR1, &action, &old_action);
    raise(SIGUSR1);
    sigaction(SIGUSR1, &old_action, NULL);
    sigaltstack(&before, NULL);
    free(other.ss_sp);
    assert_int_equal(frames_on_other_stack, 1);
}

static void a_stored_stack_comes_back_under_one_id(void **state)
{
    (void)state;
    uintptr_t loaded[CST_STACK_FRAMES_MAX];
    uint32_t id = cst_stack_store(code, 16);
    assert_int_not_equal(id, 0);
    assert_int_equal(cst_stack_store(code, 16), id);
    assert_int_not_equal(cst_stack_store(code, 15), id);
    assert_int_not_equal(cst_stack_store(code + 1, 16), id);
    assert_int_equal(cst_stack_load(id, loaded), 16);
    assert_memory_equal(loaded, code, 16 * sizeof *code);
}

static void no_stack_has_id_zero(void **state)
{
    (void)state;
    uintptr_t loaded[CST_STACK_FRAMES_MAX];
    assert_int_equal(cst_stack_store(code, 0), 0);
    assert_int_equal(cst_stack_load(0, loaded), 0);
    assert_int_equal(cst_stack_load((1u << CST_STACK_ID_BITS) - 1, loaded), 0);
    assert_int_equal(cst_stack_load(UINT32_MAX, loaded), 0);
}

/* The `index`-th of many stacks: of 1 to 64 frames, no two alike. */
static size_t make_stack(size_t index, uintptr_t out_frames[CST_STACK_FRAMES_MAX])
{
    size_t count = 3 + index % 62;
    out_frames[0] = code[index % code_count];
    out_frames[1] = code[index / code_count % code_count];
    for (size_t i = 2; i < count; i++) {
        out_frames[i] = code[(index * 31 + i * 7) % code_count];
    }
    return count;
}

static void thousands_of_stacks_come_back_as_they_were(void **state)
{
    (void)state;
    static uint32_t ids[30000];
    const size_t many = sizeof ids / sizeof *ids;
    uintptr_t frames[CST_STACK_FRAMES_MAX], loaded[CST_STACK_FRAMES_MAX];
    for (size_t i = 0; i < many; i++) {
        ids[i] = cst_stack_store(frames, make_stack(i, frames));
        assert_int_not_equal(ids[i], 0);
    }
    for (size_t i = 0; i < many; i++) {
        size_t count = make_stack(i, frames);
        assert_int_equal(cst_stack_store(frames, count), ids[i]);
        assert_int_equal(cst_stack_load(ids[i], loaded), count);
        assert_memory_equal(loaded, frames, count * sizeof *frames);
    }
}

static void a_stack_is_cut_where_no_call_can_have_been(void **state)
{
    (void)state;
    uintptr_t frames[6], loaded[CST_STACK_FRAMES_MAX];
    memcpy(frames, code, sizeof frames);
    frames[3] = (uintptr_t)&a_stack_is_cut_where_no_call_can_have_been;
    uint32_t id = cst_stack_store(frames, 6);
    assert_int_equal(cst_stack_load(id, loaded), 3);
    assert_memory_equal(loaded, code, 3 * sizeof *code);
    assert_int_equal(cst_stack_store(code, 3), id);
    assert_int_equal(cst_stack_store(frames, 6), id);
}

static void the_first_frame_is_kept_whatever_it_is(void **state)
{
    (void)state;
    uintptr_t frame = 0x7777, loaded[CST_STACK_FRAMES_MAX];
    assert_int_equal(cst_stack_load(cst_stack_store(&frame, 1), loaded), 1);
    assert_int_equal(loaded[0], frame);
}

static void garbage_in_frames_takes_no_ids(void **state)
{
    (void)state;
    uintptr_t frames[8], before[2] = {code[0], code[40]}, after[2] = {code[0], code[41]};
    memcpy(frames, code, sizeof frames);
    uint32_t first = cst_stack_store(before, 2);
    for (uintptr_t i = 0; i < 100000; i++) {
        frames[5] = 0x5000000 + i * 8;
        assert_int_not_equal(cst_stack_store(frames, 8), 0);
    }
    assert_true(cst_stack_store(after, 2) - first < 20);
}

#define SHARED_STACKS 4000

static void *store_all(void *out_ids)
{
    uint32_t *ids = out_ids;
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    for (size_t i = 0; i < SHARED_STACKS; i++) {
        ids[i] = cst_stack_store(frames, make_stack(50000 + i, frames));
    }
    return NULL;
}

static void threads_that_store_one_stack_get_one_id(void **state)
{
    (void)state;
    static uint32_t ids[4][SHARED_STACKS];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, store_all, ids[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_memory_equal(ids[i], ids[0], sizeof ids[0]);
    }
}

/* Gets the stack of forged frames as it is, twice, the way a thread's calls do: it must be what a walk finds. */
static uint32_t get_forged(struct forged *forged, size_t max)
{
    uintptr_t frames[64];
    uint32_t walked = cst_stack_store(frames, walk_forged(forged, max, frames));
    for (int time = 0; time < 2; time++) {
        assert_int_equal(cst_stack_get(code[0], (uintptr_t)forged->words, &forged->bounds, max), walked);
    }
    return walked;
}

static void a_stack_found_last_time_is_not_believed_after_a_change(void **state)
{
    (void)state;
    struct forged forged, changed;
    forge(&forged, 10);
    forged.words[36] = 0;
    const uint32_t whole = get_forged(&forged, 64);
    assert_int_not_equal(get_forged(&forged, 4), whole);
    const uintptr_t here = (uintptr_t)changed.words;
    const uintptr_t changes[] = {0, here, here + 4, here - 64, here + sizeof changed.words - 8, UINTPTR_MAX, code[30]};
    for (size_t frame = 0; frame < 9; frame++) {
        for (size_t i = 0; i < 2 * sizeof changes / sizeof *changes; i++) {
            forge(&changed, 10);
            changed.words[36] = 0;
            assert_int_equal(get_forged(&changed, 64), whole);
            changed.words[frame * 4 + i % 2 * 5] = changes[i / 2];
            assert_int_not_equal(get_forged(&changed, 64), whole);
        }
    }
    forged.bounds.hi = (uintptr_t)&forged.words[20];
    assert_int_not_equal(get_forged(&forged, 64), whole);
    forged.bounds = (struct cst_stack_bounds){0, 0};
    assert_int_not_equal(get_forged(&forged, 64), whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_ends_where_the_chain_of_frames_ends),
        cmocka_unit_test(a_walk_gives_no_more_frames_than_asked),
        cmocka_unit_test(a_frame_that_cannot_be_ends_the_walk),
        cmocka_unit_test(unknown_bounds_leave_the_first_frame),
        cmocka_unit_test(a_walk_reaches_the_callers_of_the_main_thread),
        cmocka_unit_test(a_walk_reaches_the_callers_of_another_thread),
        cmocka_unit_test(a_walk_reaches_the_callers_in_a_child_forked_by_a_thread),
        cmocka_unit_test(an_alternate_signal_stack_gives_one_frame),
        cmocka_unit_test(a_stored_stack_comes_back_under_one_id),
        cmocka_unit_test(no_stack_has_id_zero),
        cmocka_unit_test(thousands_of_stacks_come_back_as_they_were),
        cmocka_unit_test(a_stack_is_cut_where_no_call_can_have_been),
        cmocka_unit_test(the_first_frame_is_kept_whatever_it_is),
        cmocka_unit_test(garbage_in_frames_takes_no_ids),
        cmocka_unit_test(threads_that_store_one_stack_get_one_id),
        cmocka_unit_test(a_stack_found_last_time_is_not_believed_after_a_change),
    };
    return cmocka_run_group_tests(tests, gather_code, NULL);
}
