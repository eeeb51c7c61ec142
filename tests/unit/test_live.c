/* Live blocks at the end: summed by side, contract and stack, most bytes first; not those of a parent process, nor the
 * runtime's own. The world is small (world.h) and the heap real. */
#include "core/live.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SUMS_MAX 64

static struct cst_live sums[SUMS_MAX];
static size_t sum_count;

static void note(const struct cst_live *live, void *data)
{
    assert_ptr_equal(data, &sum_count);
    if (sum_count < SUMS_MAX) {
        sums[sum_count++] = *live;
    }
}

static size_t sum_up(bool by_stack)
{
    sum_count = 0;
    size_t told_of = cst_live_each(by_stack, note, &sum_count);
    assert_int_equal(told_of, sum_count);
    return sum_count;
}

static void *make_at(uintptr_t place, enum custody_door door, uint16_t side, size_t size)
{
    return cst_engine_alloc(door, side, place, 0, size, CST_BLOCK_ALIGN, false);
}

static void assert_sum(size_t i, uint16_t side, enum custody_contract contract, size_t blocks, size_t bytes)
{
    assert_int_equal(sums[i].side, side);
    assert_int_equal(sums[i].contract, contract);
    assert_int_equal(sums[i].blocks, blocks);
    assert_int_equal(sums[i].bytes, bytes);
}

static void *blocks[6];

static int make_some(void **state)
{
    (void)state;
    blocks[0] = make_at(0x1, CUSTODY_DOOR_MALLOC, program_side, 100);
    blocks[1] = make_at(0x1, CUSTODY_DOOR_MALLOC, program_side, 50);
    blocks[2] = make_at(0x2, CUSTODY_DOOR_MALLOC, program_side, 5000);
    blocks[3] = make_at(0x1, CUSTODY_DOOR_MALLOC, library_side, 200);
    blocks[4] = make_at(0x1, CUSTODY_DOOR_NEW, program_side, 3000000);
    blocks[5] = make_at(0x3, CUSTODY_DOOR_MALLOC, program_side, 0);
    return 0;
}

static int release_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        cst_tag_of((uintptr_t)blocks[i])->facts = 0;
    }
    return 0;
}

static void blocks_are_summed_by_side_contract_and_stack_most_bytes_first(void **state)
{
    (void)state;
    assert_int_equal(sum_up(true), 5);
    assert_sum(0, program_side, CUSTODY_CONTRACT_NEW, 1, 3000000);
    assert_sum(1, program_side, CUSTODY_CONTRACT_MALLOC, 1, 5000);
    assert_sum(2, library_side, CUSTODY_CONTRACT_MALLOC, 1, 200);
    assert_sum(3, program_side, CUSTODY_CONTRACT_MALLOC, 2, 150);
    assert_sum(4, program_side, CUSTODY_CONTRACT_MALLOC, 1, 0);
    assert_int_equal(sums[1].example, (uintptr_t)blocks[2]);
    assert_int_equal(sums[1].example_size, 5000);
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    assert_int_equal(cst_stack_load(sums[1].stack, frames), 1);
    assert_int_equal(frames[0], 0x2);
}

static void without_stacks_each_side_and_contract_has_one_sum(void **state)
{
    (void)state;
    assert_int_equal(sum_up(false), 3);
    assert_sum(0, program_side, CUSTODY_CONTRACT_NEW, 1, 3000000);
    assert_sum(1, program_side, CUSTODY_CONTRACT_MALLOC, 4, 5150);
    assert_sum(2, library_side, CUSTODY_CONTRACT_MALLOC, 1, 200);
    assert_int_equal(sums[1].stack, 0);
}

static void released_blocks_are_not_live(void **state)
{
    (void)state;
    cst_engine_release(CUSTODY_DOOR_FREE, program_side, AT_RELEASE, 0, blocks[2], NAMING_NOTHING);
    assert_int_equal(sum_up(true), 4);
    assert_int_equal(sums[1].bytes, 200);
}

static void what_a_parent_process_made_is_its_own(void **state)
{
    (void)state;
    cst_thread.generation++;
    assert_int_equal(sum_up(true), 0);
    void *block = make_at(0x1, CUSTODY_DOOR_MALLOC, library_side, 10);
    assert_int_equal(sum_up(true), 1);
    assert_sum(0, library_side, CUSTODY_CONTRACT_MALLOC, 1, 10);
    cst_engine_release(CUSTODY_DOOR_FREE, library_side, AT_RELEASE, 0, block, NAMING_NOTHING);
    cst_thread.generation--;
}

static void the_runtimes_own_blocks_are_not_told(void **state)
{
    (void)state;
    struct cst_tag *tag = cst_tag_of((uintptr_t)blocks[4]);
    tag->facts = cst_tag_facts(3000000, 4, CUSTODY_CONTRACT_UNKNOWN, CST_SIDE_UNKNOWN);
    assert_int_equal(sum_up(true), 4);
    assert_int_equal(sums[0].bytes, 5000);
}

static int start(void **state)
{
    (void)state;
    return world_start() ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_some, release_them)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_summed_by_side_contract_and_stack_most_bytes_first),
        TEST(without_stacks_each_side_and_contract_has_one_sum),
        TEST(released_blocks_are_not_live),
        TEST(what_a_parent_process_made_is_its_own),
        TEST(the_runtimes_own_blocks_are_not_told),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
