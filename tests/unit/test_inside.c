/* Inside: memory for calls that do not reach the engine, here those of the runtime itself. It is nobody's: not counted, not
 * judged, and released by whoever. The runtime is up before main. */
#include "entry/inside.h"

#include "base/boot.h"
#include "core/count.h"
#include "core/engine.h"
#include "entry/start.h"
#include "entry/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SIDE 900

static struct cst_tag tag_of(const void *block)
{
    assert_true(cst_tag_covers((uintptr_t)block));
    return *cst_tag_of((uintptr_t)block);
}

static void blocks_are_nobodys_and_not_counted(void **state)
{
    (void)state;
    assert_true(cst_start_is_up());
    struct cst_count_total before = cst_count_sum(CST_SIDE_UNKNOWN);
    for (size_t align = 8; align <= 4096; align *= 2) {
        for (size_t size = 0; size <= 10000; size = size * 7 + 1) {
            unsigned char *block = cst_inside_alloc(size, align, true);
            struct cst_tag tag = tag_of(block);
            assert_true(cst_tag_is_live_of(&tag, cst_owner_make(CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN)));
            assert_int_equal((uintptr_t)block % align, 0);
            assert_true(cst_inside_usable(block) >= size);
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(block[i], 0);
            }
            memset(block, 0xff, size);
            cst_inside_release(block);
            tag = tag_of(block);
            assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
        }
    }
    struct cst_count_total after = cst_count_sum(CST_SIDE_UNKNOWN);
    assert_memory_equal(&before, &after, sizeof before);
}

static void a_resize_keeps_contents(void **state)
{
    (void)state;
    char *block = cst_inside_alloc(10, 16, false);
    strcpy(block, "kept");
    block = cst_inside_resize(block, 100000);
    assert_string_equal(block, "kept");
    block = cst_inside_resize(block, 5);
    assert_string_equal(block, "kept");
    cst_inside_release(block);
}

static void memory_that_cannot_be_had_gives_null_and_enomem_and_keeps_the_block(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, CST_TAG_SIZE_MAX - 4096};
    char *block = cst_inside_alloc(10, 16, false);
    strcpy(block, "kept");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        errno = 0;
        assert_null(cst_inside_alloc(sizes[i], 64, false));
        assert_int_equal(errno, ENOMEM);
        assert_null(cst_inside_resize(block, sizes[i]));
        assert_string_equal(block, "kept");
    }
    cst_inside_release(block);
}

static void an_audited_block_released_inside_is_counted_out(void **state)
{
    (void)state;
    void *block = cst_engine_alloc(CUSTODY_DOOR_MALLOC, SIDE, 0x1001, 0, 100, 16, false);
    assert_int_equal(cst_count_sum(SIDE).live_bytes, 100);
    uint8_t mode = cst_thread_guard();
    cst_inside_release(block);
    cst_thread_unguard(mode);
    assert_int_equal(cst_count_sum(SIDE).frees, 1);
    assert_int_equal(cst_count_sum(SIDE).live_bytes, 0);
}

static void what_is_no_live_block_is_left_alone(void **state)
{
    (void)state;
    char local[32] = "kept";
    char *block = cst_inside_alloc(100, 16, false), *late = cst_inside_alloc(100, 16, false);
    cst_inside_release(late);
    cst_inside_release(late);
    cst_inside_release(block + 16);
    cst_inside_release(local);
    cst_inside_release((void *)8);
    assert_string_equal(local, "kept");
    assert_int_equal(cst_inside_usable(late), 0);
    assert_int_equal(cst_inside_usable(block + 16), 0);
    assert_int_equal(cst_inside_usable(local), 0);
    assert_true(cst_inside_usable(block) >= 100);
    cst_inside_release(block);
}

static void blocks_from_before_the_heap_have_their_size_and_move_to_it(void **state)
{
    (void)state;
    char *early = cst_boot_alloc(20, 16);
    strcpy(early, "early");
    assert_int_equal(cst_inside_usable(early), 20);
    char *block = cst_inside_resize(early, 200);
    assert_string_equal(block, "early");
    assert_false(cst_boot_owns(block));
    cst_inside_release(block);
    assert_ptr_equal(cst_boot_alloc(20, 16), early); /* the resize gave it back */
    cst_inside_release(early);
}

/* The heap gives a handler nothing while it is at work, not even when the fixed buffer is used up. */
static void a_handler_in_the_midst_of_the_heap_is_not_served_from_it(void **state)
{
    (void)state;
    cst_thread_go_in(CST_THREAD_HEAP);
    void *block, *last = NULL;
    bool beside = true;
    while ((block = cst_inside_alloc(1000, 16, false))) {
        beside = beside && cst_boot_owns(block);
        last = block;
    }
    int error = errno;
    cst_thread_go_out(CST_THREAD_READY);
    assert_true(beside);
    assert_int_equal(error, ENOMEM);
    cst_engine_release(CUSTODY_DOOR_FREE, CST_SIDE_UNKNOWN, 0, 0, last, (struct cst_given){.has_size = false});
    assert_ptr_equal(cst_boot_alloc(1000, 16), last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_nobodys_and_not_counted),
        cmocka_unit_test(a_resize_keeps_contents),
        cmocka_unit_test(memory_that_cannot_be_had_gives_null_and_enomem_and_keeps_the_block),
        cmocka_unit_test(an_audited_block_released_inside_is_counted_out),
        cmocka_unit_test(what_is_no_live_block_is_left_alone),
        cmocka_unit_test(blocks_from_before_the_heap_have_their_size_and_move_to_it),
        cmocka_unit_test(a_handler_in_the_midst_of_the_heap_is_not_served_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
