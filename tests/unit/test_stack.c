/* Stacks: walks over real and over forged frames, on the main thread, on others and on alternate stacks; the store, which
 * must give back what it was given, once; and guesses, which must be what a walk finds. (test_unwind.c has code of every
 * kind.) */
#include "site/stack.h"

#include "site/frame_table.h"
#include "site/stack_trace.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CODE_MAX 512

/* Calls in code of which no table knows: what they return to is found by frame pointers. */
extern const char calls[];
__asm__(".text\n.globl calls\ncalls:\n.rept 512\n    call calls\n    nop\n.endr\n    .fill 16, 1, 0x90\n");
#define CALL_LENGTH ((size_t)5)

/* Return addresses that are believed. */
static uintptr_t code[CODE_MAX];
static const size_t code_count = CODE_MAX;

static int gather_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODE_MAX; i++) {
        code[i] = (uintptr_t)calls + i * (CALL_LENGTH + 1) + CALL_LENGTH;
    }
    return 0;
}

/* How often a stack that was asked for was walked. */
static size_t walks;

void __real_cst_stack_trace(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                            struct cst_stack_trace *out_trace);

void __wrap_cst_stack_trace(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max,
                            struct cst_stack_trace *out_trace)
{
    walks++;
    __real_cst_stack_trace(first, frame, bounds, max, out_trace);
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

static void frame_pointers_are_not_followed_to_where_no_call_can_have_been(void **state)
{
    (void)state;
    struct forged forged;
    uintptr_t frames[64];
    const uintptr_t wrong[] = {(uintptr_t)calls, (uintptr_t)&gather_code, (uintptr_t)code};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        forge(&forged, 10);
        forged.words[13] = wrong[i];
        assert_int_equal(walk_forged(&forged, 64, frames), 3);
        assert_memory_equal(frames, code, 3 * sizeof *frames);
    }
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
    struct forged forged;
    uintptr_t before[2] = {code[0], code[40]}, after[2] = {code[0], code[41]};
    forge(&forged, 8);
    uint32_t first = cst_stack_store(before, 2);
    for (uintptr_t i = 0; i < 10000; i++) {
        forged.words[21] = 0x5000000 + i * 8;
        assert_int_not_equal(cst_stack_get(code[0], (uintptr_t)forged.words, &forged.bounds, 16), 0);
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
    const size_t maxima[] = {10, 64}; /* a walk that is cut short, and one that ends by itself */
    for (size_t round = 0; round < 2 * 9 * 2 * sizeof changes / sizeof *changes; round++) {
        const size_t max = maxima[round % 2], frame = round / 2 % 9, i = round / 18;
        forge(&changed, 10);
        changed.words[36] = 0;
        assert_int_equal(get_forged(&changed, max), whole);
        changed.words[frame * 4 + i % 2 * 5] = changes[i / 2];
        assert_int_not_equal(get_forged(&changed, max), whole);
    }
    forged.bounds.hi = (uintptr_t)&forged.words[20];
    assert_int_not_equal(get_forged(&forged, 64), whole);
    forged.bounds = (struct cst_stack_bounds){0, 0};
    assert_int_not_equal(get_forged(&forged, 64), whole);
}

static void a_stack_that_is_as_it_was_is_not_walked_again(void **state)
{
    (void)state;
    struct forged forged;
    forge(&forged, 10);
    (void)get_forged(&forged, 10);
    const size_t before = walks;
    for (int i = 0; i < 100; i++) {
        (void)cst_stack_get(code[0], (uintptr_t)forged.words, &forged.bounds, 10);
    }
    assert_int_equal(walks, before);
    cst_stack_forget((uintptr_t)calls, (uintptr_t)calls + 1);
    (void)cst_stack_get(code[0], (uintptr_t)forged.words, &forged.bounds, 10);
    assert_int_equal(walks, before + 1);
}

static void four_stacks_from_one_place_are_kept_in_mind(void **state)
{
    (void)state;
    struct forged forged;
    uint32_t ids[4];
    size_t before = 0;
    for (size_t i = 0; i < 400; i++) {
        before = i == 8 ? walks : before;
        forge(&forged, 10);
        forged.words[21] = code[100 + i % 4];
        uint32_t id = cst_stack_get(code[0], (uintptr_t)forged.words, &forged.bounds, 10);
        assert_true(i < 4 || id == ids[i % 4]);
        ids[i % 4] = id;
    }
    assert_int_equal(walks, before);
}

/* Code whose tables say that rbp was saved far below the frame. */
extern const char strange_return[];
__asm__(
    ".text\nstrange:\n    .cfi_startproc\n    .cfi_def_cfa_offset 16\n    .cfi_offset %rbp, -400\n    call strange\n"
    "strange_return:\n    nop\n    .cfi_endproc\n.globl strange_return\n");

/* A stack with nothing mapped around it. */
#define STACK_WORDS ((size_t)512)

static uintptr_t *map_stack(struct cst_stack_bounds *out_bounds)
{
    char *area = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(area != MAP_FAILED && mprotect(area + 4096, 4096, PROT_READ | PROT_WRITE) == 0);
    *out_bounds = (struct cst_stack_bounds){(uintptr_t)area + 4096, (uintptr_t)area + 2 * 4096};
    return (uintptr_t *)(void *)(area + 4096);
}

static size_t next_random(size_t below)
{
    static uint64_t seed = 11;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % below;
}

/* Addresses of the C library, most of them in functions that take little of the stack. */
static uintptr_t library_code(void)
{
    static uintptr_t found[1000];
    static size_t count;
    while (count < sizeof found / sizeof *found) {
        uintptr_t address = (uintptr_t)&qsort + next_random(400000) - 200000;
        uint32_t rule = cst_frame_rule(address);
        bool any = count % 4 == 0 && rule != CST_FRAME_OUTSIDE;
        if (any || (cst_frame_kind(rule) == CST_FRAME_SP && cst_frame_offset(rule) <= 64)) {
            found[count++] = address;
        }
    }
    return found[next_random(count)];
}

/* What stacks are made of. */
static uintptr_t random_word(const struct cst_stack_bounds *bounds)
{
    switch (next_random(16)) {
    case 0:
        return next_random(1000);
    case 1:
    case 2:
    case 3:
        return bounds->lo + next_random(STACK_WORDS) * 8;
    case 4:
        return code[next_random(code_count)];
    default:
        return library_code();
    }
}

static void whatever_lies_on_a_stack_a_walk_stays_on_it_and_a_guess_is_what_a_walk_finds(void **state)
{
    (void)state;
    struct cst_stack_bounds bounds;
    uintptr_t *words = map_stack(&bounds), frames[64];
    const uintptr_t firsts[] = {code[0], (uintptr_t)strange_return, library_code(), library_code(), library_code()};
    size_t longest = 0;
    for (size_t round = 0; round < 300000; round++) {
        if (round % 1000 == 0) {
            for (size_t i = 0; i < STACK_WORDS; i++) {
                words[i] = random_word(&bounds);
            }
        }
        bounds.hi = bounds.lo + (round % 8 ? 4096 : 8 * next_random(STACK_WORDS));
        const size_t start = next_random(STACK_WORDS), max = 1 + next_random(64);
        const uintptr_t first = firsts[start % 5], frame = (uintptr_t)&words[start];
        if (round % 2) {
            words[next_random(STACK_WORDS)] = random_word(&bounds);
        }
        const size_t count = cst_stack_walk(first, frame, &bounds, max, frames);
        const uint32_t walked = cst_stack_store(frames, count);
        for (int time = 0; time < 2; time++) {
            assert_int_equal(cst_stack_get(first, frame, &bounds, max), walked);
        }
        longest = count > longest ? count : longest;
    }
    assert_true(longest > 16);
}

/* Calls in code with tables and no frame pointers, each function of which has three words of the stack; in such that saves
 * rbp in the lowest of them; and in functions of any size, which are found by their rbp. */
extern const char fixed_calls[], saving_calls[], varying_calls[];
__asm__(".text\nfixed_calls:\n    .cfi_startproc\n    .cfi_def_cfa_offset 24\n"
        ".rept 64\n    call fixed_calls\n    nop\n.endr\n    .cfi_endproc\n"
        "saving_calls:\n    .cfi_startproc\n    .cfi_def_cfa_offset 24\n    .cfi_offset %rbp, -24\n"
        "    call saving_calls\n    nop\n    .cfi_endproc\n"
        "varying_calls:\n    .cfi_startproc\n    .cfi_def_cfa %rbp, 16\n    .cfi_offset %rbp, -16\n"
        "    call varying_calls\n    nop\n    .cfi_endproc\n"
        ".globl fixed_calls, saving_calls, varying_calls\n");

static uintptr_t return_to(const char *calls_from, size_t index)
{
    return (uintptr_t)calls_from + index * (CALL_LENGTH + 1) + CALL_LENGTH;
}

/* The stack of the words as they are, from their start, got twice: it must be what a walk finds. */
static uint32_t get_twice(struct forged *forged, size_t max)
{
    uintptr_t frames[64];
    const uintptr_t first = forged->words[1], frame = (uintptr_t)forged->words;
    const uint32_t walked = cst_stack_store(frames, cst_stack_walk(first, frame, &forged->bounds, max, frames));
    for (int time = 0; time < 2; time++) {
        assert_int_equal(cst_stack_get(first, frame, &forged->bounds, max), walked);
    }
    return walked;
}

static void forge_fixed(struct forged *forged, size_t frames)
{
    memset(forged->words, 0, sizeof forged->words);
    forged->bounds = (struct cst_stack_bounds){(uintptr_t)forged->words, (uintptr_t)(forged->words + 64)};
    for (size_t i = 0; i < frames; i++) {
        forged->words[1 + i * 3] = return_to(fixed_calls, i);
    }
}

static void each_return_address_of_a_stack_without_frame_pointers_is_compared(void **state)
{
    (void)state;
    static struct forged forged;
    for (size_t frames = 1; frames <= 20; frames++) {
        forge_fixed(&forged, frames);
        const uint32_t whole = get_twice(&forged, frames);
        for (size_t i = 0; i < frames; i++) {
            forged.words[1 + i * 3] = return_to(fixed_calls, 40);
            assert_int_not_equal(get_twice(&forged, frames), whole);
            forged.words[1 + i * 3] = return_to(fixed_calls, i);
            assert_int_equal(get_twice(&forged, frames), whole);
        }
    }
}

static void words_that_no_walk_looks_at_are_not_compared(void **state)
{
    (void)state;
    static struct forged forged;
    forge_fixed(&forged, 20);
    const uint32_t whole = get_twice(&forged, 20);
    const size_t before = walks;
    for (size_t i = 0; i < 64; i++) {
        if (i % 3 != 1) {
            forged.words[i] = return_to(fixed_calls, i);
        }
        assert_int_equal(cst_stack_get(forged.words[1], (uintptr_t)forged.words, &forged.bounds, 20), whole);
    }
    assert_int_equal(walks, before);
}

/* A function of any size between such of three words: its caller's return address lies above word `base`, and the next three
 * words further. What an earlier call left elsewhere stays. */
static void forge_varying(struct forged *forged, size_t base, uintptr_t caller)
{
    forged->words[1] = return_to(saving_calls, 0);
    forged->words[2] = (uintptr_t)&forged->words[base];
    forged->words[4] = return_to(varying_calls, 0);
    forged->words[base + 1] = caller;
    forged->words[base + 4] = return_to(fixed_calls, 6);
}

static void a_function_that_is_larger_now_has_its_caller_elsewhere_whatever_lies_where_it_was(void **state)
{
    (void)state;
    static struct forged forged;
    forge_fixed(&forged, 0);
    forge_varying(&forged, 8, return_to(fixed_calls, 5));
    const uint32_t before = get_twice(&forged, 4);
    assert_int_equal(get_twice(&forged, 4), before);
    forge_varying(&forged, 20, return_to(fixed_calls, 7));
    assert_int_not_equal(get_twice(&forged, 4), before);
    forge_varying(&forged, 20, return_to(fixed_calls, 5)); /* the same callers, elsewhere */
    assert_int_equal(get_twice(&forged, 4), before);
    forge_varying(&forged, 8, return_to(fixed_calls, 5));
    forge_varying(&forged, 32, return_to(fixed_calls, 7));
    assert_int_not_equal(get_twice(&forged, 4), before);
}

/* Everything stays where it was, but one of the saved frame pointers leads past it. */
static void a_frame_pointer_that_leads_elsewhere_is_seen_in_each_frame(void **state)
{
    (void)state;
    static struct forged forged;
    for (size_t frames = 2; frames <= 14; frames++) {
        for (size_t moved = 1; moved < frames; moved++) {
            forge(&forged, frames);
            const uint32_t whole = get_forged(&forged, frames);
            forged.words[(moved - 1) * 4] = (uintptr_t)&forged.words[58];
            forged.words[59] = code[200];
            assert_int_not_equal(get_forged(&forged, frames), whole);
        }
    }
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
        cmocka_unit_test(frame_pointers_are_not_followed_to_where_no_call_can_have_been),
        cmocka_unit_test(the_first_frame_is_kept_whatever_it_is),
        cmocka_unit_test(garbage_in_frames_takes_no_ids),
        cmocka_unit_test(threads_that_store_one_stack_get_one_id),
        cmocka_unit_test(a_stack_found_last_time_is_not_believed_after_a_change),
        cmocka_unit_test(a_stack_that_is_as_it_was_is_not_walked_again),
        cmocka_unit_test(each_return_address_of_a_stack_without_frame_pointers_is_compared),
        cmocka_unit_test(words_that_no_walk_looks_at_are_not_compared),
        cmocka_unit_test(a_function_that_is_larger_now_has_its_caller_elsewhere_whatever_lies_where_it_was),
        cmocka_unit_test(a_frame_pointer_that_leads_elsewhere_is_seen_in_each_frame),
        cmocka_unit_test(four_stacks_from_one_place_are_kept_in_mind),
        cmocka_unit_test(whatever_lies_on_a_stack_a_walk_stays_on_it_and_a_guess_is_what_a_walk_finds),
    };
    return cmocka_run_group_tests(tests, gather_code, NULL);
}
