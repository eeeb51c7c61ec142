/* Watched blocks: who is asked before a block is released or resized, what their answer does, and that nothing is left
 * behind at the address. */
#include "core/watch.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char asked[8];  /* ids of the watchers that were asked, in order */
static unsigned moves; /* how often a watcher heard of a resize */
static struct cst_watch_move last_move;
static bool answer, saw_resize;

static bool note(const struct cst_watched *what, char id)
{
    size_t length = strlen(asked);
    assert_true(length < sizeof asked - 1);
    asked[length] = id;
    saw_resize = what->resizes;
    assert_int_equal(cst_thread.mode, CST_THREAD_INSIDE);
    return true;
}

static bool ask_lease(const struct cst_watched *what)
{
    return note(what, 'b');
}

static bool ask_ledger(const struct cst_watched *what)
{
    return note(what, 'l') && answer;
}

static void hear(const struct cst_watched *what, const struct cst_watch_move *move)
{
    (void)what;
    moves++;
    last_move = *move;
}

static const struct cst_watcher lease = {.id = CST_WATCHER_LEASE, .ask = ask_lease};
static const struct cst_watcher ledger = {.id = CST_WATCHER_LEDGER, .ask = ask_ledger, .resized = hear};

static int start_world(void **state)
{
    (void)state;
    return !world_start();
}

static int forget(void **state)
{
    (void)state;
    memset(asked, 0, sizeof asked);
    moves = 0;
    answer = true;
    world_forget();
    return 0;
}

#define MAKE(size) make(CUSTODY_DOOR_MALLOC, library_side, size, CST_BLOCK_ALIGN)
#define RELEASE(side, block) release(CUSTODY_DOOR_FREE, side, block)
#define RESIZE(block, size) resize(CUSTODY_DOOR_REALLOC, library_side, block, size, CST_BLOCK_ALIGN, NAMING_NOTHING)

static void watchers_are_asked_in_their_order_and_once(void **state)
{
    (void)state;
    void *block = MAKE(101);
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    assert_true(cst_watch_set(&lease, (uintptr_t)block));
    assert_true(cst_watch_set(&lease, (uintptr_t)block));
    RELEASE(library_side, block);
    assert_string_equal(asked, "bl");
    assert_false(saw_resize);
    assert_false(cst_watch_has((uintptr_t)block));
    assert_int_equal(atomic_load(&cst_watch_count), 0);
    assert_int_equal(told_count, 0);
}

static void a_block_that_nobody_watches_any_more_asks_nobody(void **state)
{
    (void)state;
    void *block = MAKE(102);
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    assert_true(cst_watch_set(&lease, (uintptr_t)block));
    cst_watch_clear(&ledger, (uintptr_t)block);
    assert_true(cst_watch_has((uintptr_t)block));
    cst_watch_clear(&lease, (uintptr_t)block);
    cst_watch_clear(&lease, (uintptr_t)block);
    assert_false(cst_watch_has((uintptr_t)block));
    RELEASE(library_side, block);
    assert_string_equal(asked, "");
}

static void a_watcher_may_take_the_place_of_the_rules(void **state)
{
    (void)state;
    void *block = MAKE(103);
    answer = false;
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    RELEASE(rust_side, block);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_heap_find((uintptr_t)block).state, CST_STATE_RELEASED);
    block = MAKE(104);
    answer = true;
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    RELEASE(program_side, block);
    assert_int_equal(told_count, 1);
}

static void a_resized_block_is_watched_where_it_is_then(void **state)
{
    (void)state;
    char *block = MAKE(105);
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    char *moved = RESIZE(block, 100000);
    assert_ptr_not_equal(moved, block);
    assert_true(saw_resize);
    assert_int_equal(moves, 1);
    assert_int_equal(last_move.to, (uintptr_t)moved);
    assert_int_equal(last_move.size_before, 105);
    assert_int_equal(last_move.size_after, 100000);
    assert_false(cst_watch_has((uintptr_t)block));
    assert_true(cst_watch_has((uintptr_t)moved));
    assert_ptr_equal(RESIZE(moved, 99990), moved);
    assert_true(cst_watch_has((uintptr_t)moved));
    RELEASE(library_side, moved);
    assert_string_equal(asked, "lll");
    assert_int_equal(atomic_load(&cst_watch_count), 0);
}

static void memory_that_is_no_block_may_be_watched(void **state)
{
    (void)state;
    static char buffer[16];
    assert_true(cst_watch_set(&lease, (uintptr_t)buffer));
    assert_true(cst_watch_has((uintptr_t)buffer));
    assert_false(cst_watch_has((uintptr_t)buffer + 1));
    cst_watch_forget((uintptr_t)buffer);
    assert_false(cst_watch_has((uintptr_t)buffer));
}

static void a_block_made_at_the_address_of_a_watched_one_is_not_watched(void **state)
{
    (void)state;
    void *block = MAKE(106);
    assert_true(cst_watch_set(&lease, (uintptr_t)block));
    RELEASE(library_side, block);
    void *next = MAKE(106);
    assert_ptr_equal(next, block);
    assert_false(cst_watch_has((uintptr_t)next));
    RELEASE(library_side, next);
    assert_string_equal(asked, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(watchers_are_asked_in_their_order_and_once, forget),
        cmocka_unit_test_setup(a_block_that_nobody_watches_any_more_asks_nobody, forget),
        cmocka_unit_test_setup(a_watcher_may_take_the_place_of_the_rules, forget),
        cmocka_unit_test_setup(a_resized_block_is_watched_where_it_is_then, forget),
        cmocka_unit_test_setup(memory_that_is_no_block_may_be_watched, forget),
        cmocka_unit_test_setup(a_block_made_at_the_address_of_a_watched_one_is_not_watched, forget),
    };
    return cmocka_run_group_tests(tests, start_world, NULL);
}
