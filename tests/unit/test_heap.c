/* The heap: every block lies where its address says whose it is, from any thread at any moment of its life; limits and
 * exhaustion end in NULL, never in a crash. The heap is started once a process, so limits are tried in children. */
#include "core/heap.h"

#include "child.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

struct search {
    uintptr_t address;
    bool found;
};

static void look_into(uintptr_t from, uintptr_t to, void *data)
{
    struct search *search = data;
    search->found = search->found || (search->address >= from && search->address < to);
}

/* Whether `address` lies in a part that was used so far. */
static bool is_used(uintptr_t address)
{
    struct search search = {.address = address};
    cst_heap_each_part(look_into, &search);
    return search.found;
}

static bool is_shared(const void *block)
{
    return block && cst_heap_is_shared((uintptr_t)block) && is_used((uintptr_t)block);
}

/* As the engine resizes: where it is, or elsewhere. */
static void *resize(void *block, size_t rounded, size_t align)
{
    if (cst_heap_resize(block, rounded, align)) {
        return block;
    }
    void *copy = cst_heap_alloc(cst_heap_arena_of((uintptr_t)block), rounded, align, false);
    if (copy) {
        size_t usable = cst_heap_usable(block);
        memcpy(copy, block, usable < rounded ? usable : rounded);
        cst_heap_release(block, usable, align);
    }
    return copy;
}

/* Allocates, fills, resizes and releases blocks of many sizes; false when one lies outside the shared heap. */
static bool exercise(void)
{
    static const size_t sizes[] = {16, 100, 4096, 5000, 20000, 100000, 3 * MIB, 9 * MIB};
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *plain = cst_heap_alloc(0, sizes[i], CST_BLOCK_ALIGN, false);
        void *aligned = cst_heap_alloc(0, (sizes[i] + 255) & ~(size_t)255, 256, true);
        good = good && is_shared(plain) && is_shared(aligned) && (uintptr_t)aligned % 256 == 0;
        void *resized = resize(plain, 3 * sizes[i], CST_BLOCK_ALIGN);
        good = good && is_shared(resized);
        cst_heap_release(resized, 3 * sizes[i], CST_BLOCK_ALIGN);
        cst_heap_release(aligned, (sizes[i] + 255) & ~(size_t)255, 256);
    }
    return good;
}

static void blocks_of_any_size_lie_in_the_shared_heap(void **state)
{
    (void)state;
    assert_true(exercise());
    assert_false(cst_heap_is_shared((uintptr_t)&exercise));
    assert_false(is_used(cst_shadow.base + cst_heap_shared_size - 1));
}

static void *exercise_in_thread(void *with_cache)
{
    if (with_cache) {
        assert_true(cst_heap_enter_thread(&(bool){false}));
    }
    for (int i = 0; i < 5; i++) {
        if (!exercise()) {
            return &cst_shadow;
        }
    }
    return with_cache;
}

static void threads_with_and_without_a_cache_get_blocks_of_the_shared_heap(void **state)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, exercise_in_thread, i % 2 ? state : NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, i % 2 ? state : NULL);
    }
}

/* Rounds of thread-specific destructors in which the heap was used, and whether all went well. jemalloc's own destructor
 * runs in these rounds too, before and after ours. */
static struct {
    pthread_key_t early, late;
    unsigned rounds;
    bool good;
} last_rites;

static void exercise_at_end(void *key)
{
    last_rites.good = exercise() && last_rites.good;
    last_rites.rounds++;
    if (last_rites.rounds < 2 * PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(*(pthread_key_t *)key, key);
    }
}

static void *live_and_end(void *unused)
{
    pthread_setspecific(last_rites.early, &last_rites.early);
    assert_true(cst_heap_enter_thread(&(bool){false}));
    last_rites.good = exercise();
    pthread_setspecific(last_rites.late, &last_rites.late);
    return unused;
}

static void a_thread_that_ends_is_served_after_jemallocs_own_destructor(void **state)
{
    (void)state;
    assert_int_equal(pthread_key_create(&last_rites.early, exercise_at_end), 0);
    assert_int_equal(pthread_key_create(&last_rites.late, exercise_at_end), 0);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        last_rites.rounds = 0;
        assert_int_equal(pthread_create(&thread, NULL, live_and_end, NULL), 0);
        pthread_join(thread, NULL);
        assert_true(last_rites.good);
        assert_true(last_rites.rounds >= PTHREAD_DESTRUCTOR_ITERATIONS);
    }
    pthread_key_delete(last_rites.early);
    pthread_key_delete(last_rites.late);
}

static void blocks_are_zeroed_on_request_also_when_used_before(void **state)
{
    (void)state;
    static const size_t sizes[] = {16, 640, 4096, 70000, 4 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t align = 16; align <= 64; align *= 4) {
            for (int time = 0; time < 2; time++) {
                unsigned char *block = cst_heap_alloc(0, sizes[i], align, true);
                for (size_t at = 0; at < sizes[i]; at++) {
                    assert_int_equal(block[at], 0);
                }
                memset(block, 0xa5, sizes[i]);
                cst_heap_release(block, sizes[i], align);
            }
        }
    }
}

static void alignment_holds_and_outlives_a_resize(void **state)
{
    (void)state;
    for (size_t align = 32; align <= 4 * MIB; align *= 2) {
        char *block = cst_heap_alloc(0, align, align, false);
        assert_int_equal((uintptr_t)block % align, 0);
        memcpy(block, "kept", 5);
        block = resize(block, 5 * align, align);
        assert_int_equal((uintptr_t)block % align, 0);
        assert_string_equal(block, "kept");
        assert_true(cst_heap_usable(block) >= 5 * align);
        cst_heap_release(block, 5 * align, align);
    }
}

static void a_request_larger_than_the_heap_gives_null_and_is_noticed_once(void **state)
{
    (void)state;
    (void)!cst_heap_take_trouble();
    assert_null(cst_heap_alloc(0, cst_heap_shared_size, CST_BLOCK_ALIGN, false));
    assert_non_null(cst_heap_take_trouble());
    assert_null(cst_heap_take_trouble());
    char *block = cst_heap_alloc(0, 100, CST_BLOCK_ALIGN, false);
    memcpy(block, "kept", 5);
    assert_null(resize(block, cst_heap_shared_size, CST_BLOCK_ALIGN));
    assert_string_equal(block, "kept");
    cst_heap_release(block, 100, CST_BLOCK_ALIGN);
    assert_true(exercise());
}

/* The slot of an isolated heap that `block` lies in; -1 when it lies in none. */
static int slot_of(const void *block)
{
    size_t offset = (uintptr_t)block - cst_shadow.base - cst_heap_shared_size;
    size_t slot_size = (cst_shadow.size - cst_heap_shared_size) / CST_HEAP_SLOTS;
    return offset < cst_shadow.size - cst_heap_shared_size ? (int)(offset / slot_size) : -1;
}

static void use_isolated_heap(unsigned arena, int slot)
{
    static const size_t sizes[] = {16, 1000, 5000, 20000, 3 * MIB, 9 * MIB, 20 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *block = cst_heap_alloc(arena, sizes[i], CST_BLOCK_ALIGN, false);
        char *aligned = cst_heap_alloc(arena, 4096, 4096, true);
        require(slot_of(block) == slot && slot_of(aligned) == slot && (uintptr_t)aligned % 4096 == 0);
        require(cst_heap_arena_of((uintptr_t)block) == arena && is_used((uintptr_t)block));
        block = resize(block, 5 * sizes[i], CST_BLOCK_ALIGN);
        require(slot_of(block) == slot);
        block = resize(block, 16, CST_BLOCK_ALIGN);
        require(slot_of(block) == slot);
        cst_heap_release(block, 16, CST_BLOCK_ALIGN);
        cst_heap_release(aligned, 4096, 4096);
    }
}

static void isolate_all(void)
{
    unsigned arenas[CST_HEAP_SLOTS];
    for (int slot = 0; slot < CST_HEAP_SLOTS; slot++) {
        arenas[slot] = cst_heap_isolate();
        require(arenas[slot] != 0);
        use_isolated_heap(arenas[slot], slot);
    }
    require(cst_heap_isolate() == 0 && cst_heap_isolate() == 0);
    for (int slot = 0; slot < CST_HEAP_SLOTS; slot++) {
        use_isolated_heap(arenas[slot], slot);
    }
    require(exercise());
}

static void isolated_heaps_lie_in_slots_of_their_own_and_are_eight(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(isolate_all), 0);
}

static void exhaust_isolated_heap(void)
{
    unsigned arena = cst_heap_isolate();
    size_t slot_size = (cst_shadow.size - cst_heap_shared_size) / CST_HEAP_SLOTS;
    require(arena != 0);
    require(cst_heap_alloc(arena, slot_size, CST_BLOCK_ALIGN, false) == NULL);
    void *block = cst_heap_alloc(arena, 100, CST_BLOCK_ALIGN, false);
    require(slot_of(block) == 0 && resize(block, slot_size, CST_BLOCK_ALIGN) == NULL);
    require(exercise());
}

static void an_isolated_heap_that_is_used_up_takes_from_no_other(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(exhaust_isolated_heap), 0);
}

static void note_part(uintptr_t from, uintptr_t to, void *data)
{
    uintptr_t *end = data;
    require(from >= *end && to >= from);
    *end = to;
}

static void visit_parts(void)
{
    unsigned arena = cst_heap_isolate();
    void *isolated = cst_heap_alloc(arena, 100, CST_BLOCK_ALIGN, false);
    uintptr_t end = 0;
    cst_heap_each_part(note_part, &end);
    require(end > (uintptr_t)isolated && end < cst_shadow.base + cst_shadow.size);
}

static void parts_are_visited_in_order_as_far_as_they_were_used(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(visit_parts), 0);
}

static int start_heap(void **state)
{
    (void)state;
    if (!cst_heap_start(true)) {
        return -1;
    }
    assert_true(cst_heap_enter_thread(&(bool){false}));
    return 0;
}

/* ---- starts under limits: before the heap is started here ---- */

static void limit_address_space(size_t bytes)
{
    const struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    require(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* Fills the heap with blocks of `size` until it says no, which must come before `most` bytes. */
static void fill(size_t size, size_t most)
{
    size_t bytes = 0;
    for (void *block; (block = cst_heap_alloc(0, size, CST_BLOCK_ALIGN, false)) != NULL; bytes += size) {
        require(is_shared(block) && bytes <= most);
    }
    require(bytes > most / 4);
}

static void start_with_two_gigabytes(void)
{
    limit_address_space(2048 * MIB);
    require(cst_heap_start(true));
    assert_true(cst_heap_enter_thread(&(bool){false}));
    require(cst_shadow.size >= 64 * MIB && cst_shadow.size <= 512 * MIB);
    void *volatile programs = malloc(600 * MIB);
    require(programs != NULL);
    fill(3 * MIB, cst_heap_shared_size);
    require(cst_heap_take_trouble() != NULL);
}

static void under_a_limit_of_two_gigabytes_the_program_keeps_its_share(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(start_with_two_gigabytes), 0);
}

static void start_with_400_megabytes(void)
{
    limit_address_space(400 * MIB);
    require(cst_heap_start(true));
    require(cst_shadow.size <= 400 * MIB / 3);
    fill(100, cst_heap_shared_size);
    unsigned arena = cst_heap_isolate();
    require(arena == 0 || slot_of(cst_heap_alloc(arena, 100, CST_BLOCK_ALIGN, false)) == 0);
}

static void under_a_small_limit_the_heap_is_small(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(start_with_400_megabytes), 0);
}

static void start_with_100_megabytes(void)
{
    limit_address_space(100 * MIB);
    require(!cst_heap_start(true));
    require(!cst_tag_covers((uintptr_t)&limit_address_space) && !cst_tag_covers(0));
}

static void without_address_space_the_heap_does_not_start_and_covers_nothing(void **state)
{
    (void)state;
    assert_int_equal(in_a_child(start_with_100_megabytes), 0);
}

int main(void)
{
    const struct CMUnitTest unstarted[] = {
        cmocka_unit_test(under_a_limit_of_two_gigabytes_the_program_keeps_its_share),
        cmocka_unit_test(under_a_small_limit_the_heap_is_small),
        cmocka_unit_test(without_address_space_the_heap_does_not_start_and_covers_nothing),
    };
    const struct CMUnitTest started[] = {
        cmocka_unit_test(blocks_of_any_size_lie_in_the_shared_heap),
        cmocka_unit_test(threads_with_and_without_a_cache_get_blocks_of_the_shared_heap),
        cmocka_unit_test(a_thread_that_ends_is_served_after_jemallocs_own_destructor),
        cmocka_unit_test(blocks_are_zeroed_on_request_also_when_used_before),
        cmocka_unit_test(alignment_holds_and_outlives_a_resize),
        cmocka_unit_test(a_request_larger_than_the_heap_gives_null_and_is_noticed_once),
        cmocka_unit_test(isolated_heaps_lie_in_slots_of_their_own_and_are_eight),
        cmocka_unit_test(an_isolated_heap_that_is_used_up_takes_from_no_other),
        cmocka_unit_test(parts_are_visited_in_order_as_far_as_they_were_used),
    };
    int failed = cmocka_run_group_tests(unstarted, NULL, NULL);
    return failed + cmocka_run_group_tests(started, start_heap, NULL);
}
