/* Caches of small blocks: what is released comes again for the same size class, with its own tag, and is a released block
 * meanwhile; a full class sends on what comes; an ended thread's blocks go back to the heap; handlers of signals leave a cache
 * alone that is being changed; children of fork have their own. */
#include "world.h"

#include "core/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t entries_in(size_t size)
{
    const struct cst_cache_class *class = cst_cache_class(size);
    return (size_t)(class->top - class->bottom);
}

static size_t room_for(size_t size)
{
    const struct cst_cache_class *class = cst_cache_class(size);
    return (size_t)(class->end - class->bottom);
}

static void every_small_size_has_a_class_of_blocks_that_fit(void **state)
{
    (void)state;
    size_t bytes = 0, before = 0;
    for (size_t size = 0; size <= CST_CACHE_SIZE_MAX; size++) {
        const struct cst_cache_class *class = cst_cache_class(size);
        assert_int_equal(class->size, cst_tag_class(size));
        assert_in_range(room_for(size), 8, 64);
        bytes += class->size != before ? class->size * room_for(size) : 0;
        before = class->size;
    }
    assert_in_range(bytes, 1, 100 << 10);
}

static void a_released_block_comes_again_for_its_class(void **state)
{
    (void)state;
    for (size_t size = 1; size <= CST_CACHE_SIZE_MAX; size += 37) {
        void *block = make(CUSTODY_DOOR_MALLOC, library_side, size, 16);
        release(CUSTODY_DOOR_FREE, library_side, block);
        struct cst_tag_hit hit = cst_heap_find((uintptr_t)block);
        assert_int_equal(hit.state, CST_STATE_RELEASED);
        assert_ptr_equal(hit.start, block);
        void *again = make(CUSTODY_DOOR_MALLOC, library_side, cst_tag_class(size), 16);
        assert_ptr_equal(again, block);
        hit = cst_heap_find((uintptr_t)again + cst_tag_class(size) - 1);
        assert_int_equal(hit.state, CST_STATE_LIVE);
        assert_ptr_equal(hit.start, again);
        assert_int_equal(cst_tag_size(hit.tag), cst_tag_class(size));
        release(CUSTODY_DOOR_FREE, library_side, again);
    }
}

static void what_is_asked_for_zeroed_is_zeroed_whole(void **state)
{
    (void)state;
    for (size_t size = 1; size <= CST_CACHE_SIZE_MAX; size += 61) {
        size_t usable = cst_tag_class(size);
        char *block = make(CUSTODY_DOOR_MALLOC, library_side, size, 16);
        memset(block, 'x', usable);
        release(CUSTODY_DOOR_FREE, library_side, block);
        char *zeroed = cst_engine_alloc(CUSTODY_DOOR_CALLOC, library_side, AT_MAKE, 0, size, 16, true);
        assert_ptr_equal(zeroed, block);
        for (size_t i = 0; i < usable; i++) {
            assert_int_equal(zeroed[i], 0);
        }
        release(CUSTODY_DOOR_FREE, library_side, zeroed);
    }
}

static void a_full_class_sends_on_what_comes(void **state)
{
    (void)state;
    static void *blocks[200];
    size_t count = sizeof blocks / sizeof *blocks;
    for (size_t i = 0; i < count; i++) {
        blocks[i] = make(CUSTODY_DOOR_MALLOC, library_side, 48, 16);
    }
    assert_int_equal(entries_in(48), 0);
    for (size_t i = 0; i < count; i++) {
        release(CUSTODY_DOOR_FREE, library_side, blocks[i]);
    }
    assert_int_equal(entries_in(48), room_for(48));
    for (size_t i = room_for(48); i-- > 0;) {
        assert_ptr_equal(make(CUSTODY_DOOR_MALLOC, library_side, 48, 16), blocks[i]);
    }
    for (size_t i = 0; i < room_for(48); i++) {
        release(CUSTODY_DOOR_FREE, library_side, blocks[i]);
    }
}

/* Large blocks and aligned ones are none of a cache's. */
static void other_blocks_pass_it_by(void **state)
{
    (void)state;
    size_t before = entries_in(64);
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, library_side, 1025, 16));
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_POSIX_MEMALIGN, library_side, 64, 64));
    assert_int_equal(entries_in(64), before);
}

/* A handler of a signal comes while its thread changes the cache: its blocks are made and counted as ever. */
static void a_cache_that_is_being_changed_is_left_alone(void **state)
{
    (void)state;
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, library_side, 80, 16));
    size_t before = entries_in(80);
    uint64_t allocs = cst_count_sum(library_side).allocs, frees = cst_count_sum(library_side).frees;
    cst_cache_enter();
    void *block = make(CUSTODY_DOOR_MALLOC, library_side, 80, 16);
    assert_int_equal(entries_in(80), before);
    release(CUSTODY_DOOR_FREE, library_side, block);
    assert_int_equal(entries_in(80), before);
    assert_int_equal(cst_thread.mode, CST_THREAD_BUSY);
    cst_cache_leave();
    assert_int_equal(cst_count_sum(library_side).allocs, allocs + 1);
    assert_int_equal(cst_count_sum(library_side).frees, frees + 1);
}

static void a_thread_without_a_cache_goes_to_the_heap(void **state)
{
    (void)state;
    struct cst_cache *mine = cst_thread.cache;
    cst_thread.cache = cst_cache_acquire(true);
    for (int i = 0; i < 3; i++) {
        void *block = make(CUSTODY_DOOR_MALLOC, library_side, 96, 16);
        assert_non_null(block);
        release(CUSTODY_DOOR_FREE, library_side, block);
        assert_int_equal(entries_in(96), 0);
    }
    cst_cache_give_back(cst_thread.cache);
    cst_thread.cache = mine;
}

static void an_ended_threads_cache_is_emptied_for_the_next(void **state)
{
    (void)state;
    struct cst_cache *mine = cst_thread.cache;
    cst_thread.cache = cst_cache_acquire(false);
    assert_ptr_not_equal(cst_thread.cache, mine);
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, library_side, 112, 16));
    assert_int_equal(entries_in(112), 1);
    struct cst_cache *given = cst_thread.cache;
    cst_cache_give_back(given);
    assert_ptr_equal(cst_cache_acquire(false), given);
    assert_int_equal(entries_in(112), 0);
    cst_cache_give_back(given);
    cst_thread.cache = mine;
}

static void after_fork_the_caches_of_other_threads_are_free_and_empty(void **state)
{
    (void)state;
    struct cst_cache *mine = cst_thread.cache, *other = cst_cache_acquire(false);
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, library_side, 128, 16));
    size_t kept = entries_in(128);
    cst_thread.cache = other;
    release(CUSTODY_DOOR_FREE, library_side, make(CUSTODY_DOOR_MALLOC, library_side, 128, 16));
    cst_thread.cache = mine;
    cst_cache_after_fork(mine);
    assert_int_equal(entries_in(128), kept);
    assert_ptr_equal(cst_cache_acquire(false), other);
    cst_thread.cache = other;
    assert_int_equal(entries_in(128), 0);
    cst_thread.cache = mine;
    cst_cache_give_back(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_size_has_a_class_of_blocks_that_fit),
        cmocka_unit_test(a_released_block_comes_again_for_its_class),
        cmocka_unit_test(what_is_asked_for_zeroed_is_zeroed_whole),
        cmocka_unit_test(a_full_class_sends_on_what_comes),
        cmocka_unit_test(other_blocks_pass_it_by),
        cmocka_unit_test(a_cache_that_is_being_changed_is_left_alone),
        cmocka_unit_test(a_thread_without_a_cache_goes_to_the_heap),
        cmocka_unit_test(an_ended_threads_cache_is_emptied_for_the_next),
        cmocka_unit_test(after_fork_the_caches_of_other_threads_are_free_and_empty),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
