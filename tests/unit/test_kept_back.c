/* Blocks that are kept back: they count as released and are no leaks, their addresses are not used for a while, and there is
 * an end to it by number and by bytes. */
#include "core/kept_back.h"

#include "core/watch.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int start(void **state)
{
    (void)state;
    return !world_start();
}

static int begin(void **state)
{
    (void)state;
    world_forget();
    return 0;
}

static void *make_one(size_t size)
{
    return make(CUSTODY_DOOR_CUSTODY_ALLOC, library_side, size, CST_BLOCK_ALIGN);
}

static void keep_back(void *block)
{
    const struct cst_call call = {.door = CUSTODY_DOOR_CUSTODY_RELEASE, .side = library_side};
    const struct cst_origin origin = {.side = library_side, .contract = CUSTODY_CONTRACT_CUSTODY, .stack = 0};
    cst_kept_back_release(&call, &origin, (uintptr_t)block);
}

/* What the heap was given back, in order. */
static void *given[2048];
static size_t given_count;

void __real_cst_je_free(void *block);
void __real_cst_je_sdallocx(void *block, size_t size, int flags);

void __wrap_cst_je_free(void *block)
{
    given[given_count++ % 2048] = block;
    __real_cst_je_free(block);
}

void __wrap_cst_je_sdallocx(void *block, size_t size, int flags)
{
    given[given_count++ % 2048] = block;
    __real_cst_je_sdallocx(block, size, flags);
}

/* Makes `count` blocks and keeps them back, one after the other. */
static void keep_many(size_t count, size_t size, void **out_blocks)
{
    for (size_t i = 0; i < count; i++) {
        out_blocks[i] = make_one(size);
        keep_back(out_blocks[i]);
    }
}

/* Of the last blocks that were kept back as many as `kept` are still, and those before were given back in order. */
static void assert_kept(size_t kept, size_t count, void **blocks)
{
    assert_true(given_count >= count - kept);
    for (size_t i = 0; i < count - kept; i++) {
        assert_ptr_equal(given[given_count - (count - kept) + i], blocks[i]);
    }
}

static void a_block_that_is_kept_back_is_released_for_everybody(void **state)
{
    (void)state;
    struct cst_count_total after, before = cst_count_sum(library_side);
    void *block = make_one(200);
    keep_back(block);
    after = cst_count_sum(library_side);
    assert_int_equal(after.live_blocks, before.live_blocks);
    assert_int_equal(after.live_bytes, before.live_bytes);
    assert_int_equal(cst_heap_find((uintptr_t)block).state, CST_STATE_RELEASED);
    assert_int_equal(told_count, 0);
    release(CUSTODY_DOOR_CUSTODY_RELEASE, library_side, block);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_DOUBLE_FREE);
    keep_back(block);
    after = cst_count_sum(library_side);
    assert_int_equal(after.live_blocks, before.live_blocks);
}

static void small_blocks_are_kept_back_by_number(void **state)
{
    (void)state;
    void *blocks[CST_KEPT_BACK_MAX + 100];
    keep_many(CST_KEPT_BACK_MAX + 100, 208, blocks);
    assert_kept(CST_KEPT_BACK_MAX, CST_KEPT_BACK_MAX + 100, blocks);
}

static void larger_blocks_are_kept_back_by_bytes(void **state)
{
    (void)state;
    enum { KEPT = CST_KEPT_BACK_BYTES / CST_KEPT_BACK_BLOCK };
    void *blocks[KEPT + 10];
    keep_many(KEPT + 10, CST_KEPT_BACK_BLOCK, blocks);
    assert_kept(KEPT, KEPT + 10, blocks);
}

static void the_largest_are_not_kept_back(void **state)
{
    (void)state;
    void *block;
    keep_many(1, CST_KEPT_BACK_BLOCK + 1, &block);
    assert_kept(0, 1, &block);
}

static void what_is_no_live_block_is_left_alone(void **state)
{
    (void)state;
    char *block = make_one(64);
    int local = 0;
    keep_back(block + 16);
    keep_back(&local);
    keep_back(NULL);
    assert_int_equal(cst_heap_find((uintptr_t)block).state, CST_STATE_LIVE);
    release(CUSTODY_DOOR_CUSTODY_RELEASE, library_side, block);
    assert_int_equal(told_count, 0);
}

static unsigned asked;

static bool ask(const struct cst_watched *what)
{
    (void)what;
    asked++;
    return true;
}

static void those_who_watch_a_block_are_asked(void **state)
{
    (void)state;
    static const struct cst_watcher ledger = {.id = CST_WATCHER_LEDGER, .ask = ask};
    void *block = make_one(96);
    assert_true(cst_watch_set(&ledger, (uintptr_t)block));
    keep_back(block);
    assert_int_equal(asked, 1);
    assert_false(cst_watch_has((uintptr_t)block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_block_that_is_kept_back_is_released_for_everybody, begin),
        cmocka_unit_test_setup(small_blocks_are_kept_back_by_number, begin),
        cmocka_unit_test_setup(larger_blocks_are_kept_back_by_bytes, begin),
        cmocka_unit_test_setup(the_largest_are_not_kept_back, begin),
        cmocka_unit_test_setup(what_is_no_live_block_is_left_alone, begin),
        cmocka_unit_test_setup(those_who_watch_a_block_are_asked, begin),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
