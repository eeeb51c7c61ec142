/* Blocks of an allocator between Rust and our heap: a wrapper that passes blocks on, one that puts headers in front or keeps
 * what it gets, one with memory of its own; and what is given to them that is not theirs. */
#include "core/wrapped.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(64) char arena[8][128];
static unsigned given_back;

static void take_back(const struct cst_adopter *adopter, void *block, size_t size, size_t align)
{
    (void)adopter;
    (void)block;
    (void)size;
    (void)align;
    given_back++;
}

static struct cst_wrapper wrapper;

static struct cst_call rust_call(enum custody_door door, uintptr_t from)
{
    return (struct cst_call){.door = door, .side = rust_side, .return_address = from};
}

/* libc's allocator, as the wrapper's code calls it: in Rust, from the same module. */
static void *system_alloc_aligned(size_t size, size_t align)
{
    struct cst_call call = {.door = CUSTODY_DOOR_MALLOC, .side = rust_side, .return_address = AT_MAKE};
    return cst_engine_alloc_slow(&call, size, align, false);
}

static void *system_alloc(size_t size)
{
    return system_alloc_aligned(size, CST_BLOCK_ALIGN);
}

static void system_free(void *block)
{
    struct cst_call call = {.door = CUSTODY_DOOR_FREE, .side = rust_side, .return_address = AT_RELEASE};
    const struct cst_given nothing = {.has_size = false};
    cst_engine_release_slow(&call, (uintptr_t)block, &nothing);
}

/* The hook of the entry, after the allocator made `block`. */
static void *made(void *block, size_t size, size_t align)
{
    struct cst_call call = rust_call(CUSTODY_DOOR_RUST_ALLOC, AT_MAKE);
    cst_wrapped_made(&call, &wrapper, block, size, align);
    return block;
}

static struct cst_handover hand_over(void *block, size_t size, size_t align)
{
    struct cst_call call = rust_call(CUSTODY_DOOR_RUST_DEALLOC, AT_RELEASE);
    const struct cst_given given = naming(size, align);
    return cst_wrapped_hand_over(&call, &wrapper, block, &given);
}

/* The whole of a release through a wrapper that passes on. */
static void give(void *block, size_t size, size_t align)
{
    struct cst_handover handover = hand_over(block, size, align);
    if (handover.kind == CST_HANDOVER_PASS) {
        system_free(block);
        cst_wrapped_taken(&handover, false);
    } else {
        cst_wrapped_give_back(&handover);
    }
}

static const struct cst_tag *tag_of(const void *block)
{
    return cst_tag_of((uintptr_t)block);
}

static void is_told_once(enum custody_finding_kind kind)
{
    assert_int_equal(told_count, 1);
    assert_string_equal(custody_finding_name(told[0].finding.kind), custody_finding_name(kind));
    assert_int_equal(told[0].finding.confidence, CUSTODY_CONFIDENCE_EXACT);
}

static uint64_t live_bytes(void)
{
    return cst_count_sum(rust_side).live_bytes;
}

static int reset(void **state)
{
    (void)state;
    world_forget();
    given_back = 0;
    wrapper = (struct cst_wrapper){
        .side = rust_side, .closed = true, .adopter = {.release = take_back, .data = &wrapper, .module = program.id}};
    cst_adopted_forget(program.id);
    return 0;
}

static void what_a_wrapper_passes_on_is_rusts_until_it_is_released(void **state)
{
    (void)state;
    uint64_t before = live_bytes();
    void *block = made(system_alloc(41), 41, 1);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_RUST);
    assert_int_equal(cst_tag_align_log2(tag_of(block)), 0);
    assert_int_equal(live_bytes(), before + 41);
    give(block, 41, 1);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_RUST);
    assert_int_equal(live_bytes(), before);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_thread.passing.address, 0);
}

static void another_layout_is_told_and_the_block_released_all_the_same(void **state)
{
    (void)state;
    void *block = made(system_alloc(42), 42, 2);
    give(block, 24, 2);
    is_told_once(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
}

static void a_second_release_is_told_and_not_done(void **state)
{
    (void)state;
    void *block = made(system_alloc(43), 43, 1);
    give(block, 43, 1);
    assert_int_equal(hand_over(block, 43, 1).kind, CST_HANDOVER_NOTHING);
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
}

static void a_block_of_malloc_is_told_and_the_allocator_does_not_see_it(void **state)
{
    (void)state;
    void *block = system_alloc(44);
    struct cst_handover handover = hand_over(block, 44, 1);
    assert_int_equal(handover.kind, CST_HANDOVER_OTHERS);
    assert_int_equal(handover.readable, 44);
    cst_wrapped_give_back(&handover);
    is_told_once(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
}

/* The compiler may have made such a block of an entry. */
static void a_block_of_malloc_is_passed_on_where_entries_may_be_inlined(void **state)
{
    (void)state;
    wrapper.closed = false;
    void *block = system_alloc(45);
    give(block, 45, 1);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
}

static void pointers_behind_headers_are_the_allocators_business(void **state)
{
    (void)state;
    char *block = system_alloc(64);
    made(block + 16, 48, 1);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_MALLOC);
    struct cst_handover handover = hand_over(block + 16, 48, 1);
    assert_int_equal(handover.kind, CST_HANDOVER_PASS);
    system_free(block);
    cst_wrapped_taken(&handover, false);
    assert_int_equal(told_count, 0);
}

/* Rounded up, or the first piece of a larger block. */
static void a_larger_block_is_nobodys(void **state)
{
    (void)state;
    uint64_t before = live_bytes();
    void *block = made(system_alloc(64), 50, 1);
    assert_int_equal(live_bytes(), before);
    give(block, 50, 1);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
}

/* To cache lines, such as where threads must not share them. The heap is to be told that alignment again. */
static void a_block_that_is_aligned_otherwise_than_asked_is_nobodys(void **state)
{
    (void)state;
    uint64_t before = live_bytes();
    void *block = made(system_alloc_aligned(100, 64), 100, 8);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_UNKNOWN);
    assert_int_equal(cst_tag_align(tag_of(block)), 64);
    assert_int_equal(live_bytes(), before);
    give(block, 100, 8);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_tag_state(tag_of(block)), CST_STATE_RELEASED);
}

static void a_passed_on_block_keeps_an_alignment_that_nobody_names(void **state)
{
    (void)state;
    void *block = made(system_alloc_aligned(101, 32), 101, 0);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_RUST);
    assert_int_equal(cst_tag_align(tag_of(block)), 32);
    give(block, 101, 32);
    assert_int_equal(told_count, 0);
}

/* The allocator keeps the block and hands it out again, or releases it later and elsewhere. */
static void a_block_that_is_kept_is_nobodys_until_it_is_made_again(void **state)
{
    (void)state;
    uint64_t before = live_bytes();
    void *block = made(system_alloc(47), 47, 1);
    struct cst_handover handover = hand_over(block, 47, 1);
    cst_wrapped_taken(&handover, false);
    assert_int_equal(live_bytes(), before);
    made(block, 47, 1);
    assert_int_equal(live_bytes(), before + 47);
    assert_int_equal(cst_tag_contract(tag_of(block)), CUSTODY_CONTRACT_RUST);
    handover = hand_over(block, 47, 1);
    cst_wrapped_taken(&handover, false);
    system_free(block);
    assert_int_equal(live_bytes(), before);
    assert_int_equal(told_count, 0);
}

static void a_block_that_could_not_be_resized_is_as_it_was(void **state)
{
    (void)state;
    uint64_t before = live_bytes();
    void *block = made(system_alloc(48), 48, 4);
    struct cst_handover handover = hand_over(block, 48, 4);
    cst_wrapped_taken(&handover, true);
    assert_int_equal(live_bytes(), before + 48);
    give(block, 48, 4);
    assert_int_equal(told_count, 0);
}

static void a_block_of_nobodys_that_could_not_be_resized_counts_nothing_in(void **state)
{
    (void)state;
    uint64_t before = cst_count_sum(CST_SIDE_UNKNOWN).live_blocks;
    void *block = made(system_alloc(64), 53, 1);
    struct cst_handover handover = hand_over(block, 53, 1);
    cst_wrapped_taken(&handover, true);
    handover = hand_over((char *)block + 16, 8, 1);
    cst_wrapped_taken(&handover, true);
    assert_int_equal(cst_adopted_count(), 0);
    assert_int_equal(cst_count_sum(CST_SIDE_UNKNOWN).live_blocks, before);
    give(block, 53, 1);
    assert_int_equal(told_count, 0);
}

static void blocks_with_memory_of_their_own_are_adopted_when_nothing_passes_by(void **state)
{
    (void)state;
    made(arena[0], 49, 8);
    made(arena[0], 49, 8); /* functions behind the entry did so before */
    assert_int_equal(cst_adopted_count(), 1);
    system_free(arena[0]);
    is_told_once(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(given_back, 1);
    wrapper.closed = false;
    made(arena[1], 49, 8);
    assert_int_equal(cst_adopted_count(), 0);
}

static void an_adopted_block_is_passed_on_once(void **state)
{
    (void)state;
    made(arena[2], 51, 8);
    struct cst_handover handover = hand_over(arena[2], 51, 8);
    assert_int_equal(handover.kind, CST_HANDOVER_PASS);
    assert_true(cst_wrapped_is_passing(arena[2]));
    cst_wrapped_taken(&handover, false);
    assert_false(cst_wrapped_is_passing(arena[2]));
    assert_int_equal(hand_over(arena[2], 51, 8).kind, CST_HANDOVER_NOTHING);
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
}

static void an_unknown_alignment_is_not_compared(void **state)
{
    (void)state;
    made(arena[3], 52, 0);
    struct cst_handover handover = hand_over(arena[3], 52, 8);
    assert_int_equal(handover.kind, CST_HANDOVER_PASS);
    cst_wrapped_taken(&handover, false);
    assert_int_equal(told_count, 0);
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_wrapper_passes_on_is_rusts_until_it_is_released),
        TEST(another_layout_is_told_and_the_block_released_all_the_same),
        TEST(a_second_release_is_told_and_not_done),
        TEST(a_block_of_malloc_is_told_and_the_allocator_does_not_see_it),
        TEST(a_block_of_malloc_is_passed_on_where_entries_may_be_inlined),
        TEST(pointers_behind_headers_are_the_allocators_business),
        TEST(a_larger_block_is_nobodys),
        TEST(a_block_that_is_aligned_otherwise_than_asked_is_nobodys),
        TEST(a_passed_on_block_keeps_an_alignment_that_nobody_names),
        TEST(a_block_that_is_kept_is_nobodys_until_it_is_made_again),
        TEST(a_block_that_could_not_be_resized_is_as_it_was),
        TEST(a_block_of_nobodys_that_could_not_be_resized_counts_nothing_in),
        TEST(blocks_with_memory_of_their_own_are_adopted_when_nothing_passes_by),
        TEST(an_adopted_block_is_passed_on_once),
        TEST(an_unknown_alignment_is_not_compared),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
