/* Tags: a slot of its own for every live block of every size class, and what is found at each kind of address. Runs over
 * the real heap, whose size classes the densities must fit. */
#include "core/tag.h"

#include "core/engine.h"
#include "core/heap.h"
#include "core/tag_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LARGEST_SIZE 20000U
#define SIDE 7

struct block {
    uintptr_t start;
    size_t size, align;
};

/* A tagged block; `number` goes where the stack would, to tell blocks apart. */
static struct block make_block(size_t size, size_t align, uint32_t number)
{
    size_t rounded = cst_engine_round(size, align);
    uintptr_t start = (uintptr_t)cst_heap_alloc(0, rounded, align, false);
    assert_int_not_equal(start, 0);
    struct cst_tag *tag = cst_tag_claim(start, rounded);
    tag->facts = cst_tag_facts(size, (unsigned)__builtin_ctzl(align), cst_owner_make(CUSTODY_CONTRACT_MALLOC, SIDE));
    tag->sites = cst_tag_sites(start, number, 0);
    return (struct block){.start = start, .size = size, .align = align};
}

static void assert_tagged(const struct block *block, uint32_t number)
{
    const struct cst_tag *tag = cst_tag_of(block->start);
    assert_true(cst_tag_is_live_of(tag, cst_owner_make(CUSTODY_CONTRACT_MALLOC, SIDE)));
    assert_true(cst_tag_starts_at(tag, block->start));
    assert_int_equal(cst_tag_alloc_stack(tag), number);
    assert_int_equal(cst_tag_size(tag), block->size);
    assert_int_equal(cst_tag_align(tag), block->align);
}

static void drop_block(const struct block *block)
{
    cst_tag_release(cst_tag_of(block->start), 0);
    cst_heap_release((void *)block->start, cst_engine_round(block->size, block->align), block->align);
}

/* What was touched ahead. */
static size_t touches;
static uintptr_t touched_from, touched_to;

void __wrap_cst_sys_populate(void *address, size_t size);
void __wrap_cst_sys_populate(void *address, size_t size)
{
    touches++;
    assert_true((uintptr_t)address >= touched_to);
    touched_from = (uintptr_t)address;
    touched_to = touched_from + size;
}

static void slots_are_no_wider_than_the_size_class_and_more_than_half_of_it(void **state)
{
    (void)state;
    for (size_t size = 1; size <= LARGEST_SIZE; size++) {
        size_t rounded = cst_heap_round(size), class = cst_je_nallocx(rounded, 0);
        size_t width = CST_PAGE_SIZE >> cst_tag_density(rounded);
        assert_true(width <= class);
        assert_true(width == CST_PAGE_SIZE || 2 * width > class);
    }
}

static void one_block_of_every_size_has_a_tag_of_its_own(void **state)
{
    (void)state;
    struct block *blocks = calloc(LARGEST_SIZE + 1, sizeof *blocks);
    for (uint32_t size = 0; size <= LARGEST_SIZE; size++) {
        blocks[size] = make_block(size, CST_BLOCK_ALIGN, size);
    }
    for (uint32_t size = 0; size <= LARGEST_SIZE; size++) {
        assert_tagged(&blocks[size], size);
    }
    for (uint32_t size = 0; size <= LARGEST_SIZE; size++) {
        drop_block(&blocks[size]);
    }
    free(blocks);
}

static void crowds_of_one_size_class_never_share_a_slot(void **state)
{
    (void)state;
    enum { CROWD = 600 };
    struct block *blocks = calloc(CROWD, sizeof *blocks);
    for (size_t size = 1, class; size <= LARGEST_SIZE; size = class + 1) {
        class = cst_je_nallocx(cst_heap_round(size), 0);
        for (uint32_t i = 0; i < CROWD; i++) {
            blocks[i] = make_block(class - i % 8, CST_BLOCK_ALIGN, i);
        }
        for (uint32_t i = 0; i < CROWD; i++) {
            assert_tagged(&blocks[i], i);
        }
        for (uint32_t i = 0; i < CROWD; i++) {
            drop_block(&blocks[i]);
        }
    }
    free(blocks);
}

static void aligned_blocks_of_any_size_keep_their_tags_and_their_neighbours(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 17, 24, 31, 33, 64, 65, 100, 200, 1000, 1025, 4095, 4097, 5000, 20000};
    enum { ALIGNS = 13, SIZES = sizeof sizes / sizeof sizes[0], TIMES = 20 };
    static struct block blocks[TIMES][ALIGNS][SIZES];
    uint32_t number = 0;
    for (size_t time = 0; time < TIMES; time++) {
        for (size_t log2 = 0; log2 < ALIGNS; log2++) {
            for (size_t i = 0; i < SIZES; i++) {
                blocks[time][log2][i] = make_block(sizes[i], (size_t)1 << (log2 + 1), number++);
                assert_int_equal(blocks[time][log2][i].start % ((size_t)1 << (log2 + 1)), 0);
            }
        }
    }
    struct block *all = &blocks[0][0][0];
    for (uint32_t i = 0; i < number; i++) {
        assert_tagged(&all[i], i);
    }
    for (uint32_t i = 0; i < number; i++) {
        drop_block(&all[i]);
    }
}

static void expect_hit(uintptr_t address, enum cst_tag_state expected, uintptr_t expected_start)
{
    struct cst_tag_hit hit = cst_heap_find(address);
    assert_int_equal(hit.state, expected);
    assert_int_equal(hit.start, expected_start);
    assert_int_equal(hit.tag != NULL, expected != CST_STATE_NONE);
}

static void a_block_is_found_at_its_start_and_anywhere_inside(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 17, 100, 1000, 1280, 4000, 5000, 10000, 100000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct block block = make_block(sizes[i], CST_BLOCK_ALIGN, 0);
        expect_hit(block.start, CST_STATE_LIVE, block.start);
        for (size_t offset = 1; offset < sizes[i]; offset += 1 + sizes[i] / 100) {
            expect_hit(block.start + offset, CST_STATE_LIVE, block.start);
        }
        expect_hit(block.start + sizes[i] - 1, CST_STATE_LIVE, block.start);
        drop_block(&block);
    }
}

static void past_the_end_of_a_block_nothing_is_found(void **state)
{
    (void)state;
    struct block small = make_block(1, CST_BLOCK_ALIGN, 0), large = make_block(20481, CST_BLOCK_ALIGN, 0);
    expect_hit(small.start + 1, CST_STATE_NONE, 0);
    expect_hit(small.start + 15, CST_STATE_NONE, 0);
    expect_hit(large.start + 20481, CST_STATE_NONE, 0);
    drop_block(&small);
    drop_block(&large);
}

static void a_block_of_no_bytes_is_found_at_its_start_alone(void **state)
{
    (void)state;
    struct block block = make_block(0, CST_BLOCK_ALIGN, 0);
    expect_hit(block.start, CST_STATE_LIVE, block.start);
    expect_hit(block.start + 1, CST_STATE_NONE, 0);
    drop_block(&block);
}

static void a_released_block_is_found_at_its_start_alone_with_its_facts(void **state)
{
    (void)state;
    struct block block = make_block(700, CST_BLOCK_ALIGN, 0x123456);
    cst_tag_release(cst_tag_of(block.start), 0xabcdef);
    expect_hit(block.start, CST_STATE_RELEASED, block.start);
    expect_hit(block.start + 16, CST_STATE_NONE, 0);
    const struct cst_tag *tag = cst_heap_find(block.start).tag;
    assert_int_equal(cst_tag_size(tag), 700);
    assert_int_equal(cst_tag_side(tag), SIDE);
    assert_int_equal(cst_tag_contract(tag), CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(cst_tag_alloc_stack(tag), 0x123456);
    assert_int_equal(cst_tag_release_stack(tag), 0xabcdef);
    cst_heap_release((void *)block.start, 700, CST_BLOCK_ALIGN);
}

static void every_field_holds_its_largest_value_beside_the_others(void **state)
{
    (void)state;
    struct cst_tag tag = {
        .facts = cst_tag_facts(CST_TAG_SIZE_MAX, CST_ALIGN_UNKNOWN,
                               cst_owner_make((enum custody_contract)63, CST_SIDE_MAX - 1)),
        .sites = cst_tag_sites(0xff0, 0xffffff, 255),
    };
    cst_tag_release(&tag, 0);
    assert_int_equal(cst_tag_state(&tag), CST_STATE_RELEASED);
    assert_int_equal(cst_tag_size(&tag), CST_TAG_SIZE_MAX);
    assert_int_equal(cst_tag_align_log2(&tag), CST_ALIGN_UNKNOWN);
    assert_int_equal(cst_tag_align(&tag), CST_BLOCK_ALIGN);
    assert_int_equal((int)cst_tag_contract(&tag), 63);
    assert_int_equal(cst_tag_side(&tag), CST_SIDE_MAX - 1);
    assert_int_equal(cst_tag_alloc_stack(&tag), 0xffffff);
    assert_int_equal(cst_tag_release_stack(&tag), 0);
    assert_int_equal(cst_tag_generation(&tag), 255);
    assert_true(cst_tag_starts_at(&tag, 0x5ff0));
    assert_false(cst_tag_starts_at(&tag, 0x5ff8));
    assert_false(cst_tag_starts_at(&tag, 0x5fe0));
}

static void marks_of_a_live_block_change_nothing_else_and_are_gone_with_its_release(void **state)
{
    (void)state;
    struct cst_tag tag = {.facts = cst_tag_facts(100, 4, cst_owner_make(CUSTODY_CONTRACT_MALLOC, SIDE)),
                          .sites = cst_tag_sites(0xab0, 0xabcdef, 7)};
    const struct cst_tag before = tag;
    assert_int_equal(cst_tag_marks(&tag), 0);
    assert_true(cst_sites_start_at(tag.sites, 0xab0));
    cst_tag_set_marks(&tag, 0x3fffff);
    assert_int_equal(cst_tag_marks(&tag), 0x3fffff);
    assert_false(cst_tag_is_watched(&tag));
    assert_int_equal(tag.facts, before.facts);
    assert_int_equal(cst_tag_alloc_stack(&tag), 0xabcdef);
    assert_int_equal(cst_tag_generation(&tag), 7);
    assert_true(cst_tag_starts_at(&tag, 0xab0));
    assert_false(cst_sites_start_at(tag.sites, 0xab0));
    cst_tag_set_marks(&tag, 0x010203);
    cst_tag_release(&tag, 0x000405);
    assert_int_equal(cst_tag_release_stack(&tag), 0x000405);
    tag = before;
    cst_tag_set_marks(&tag, 1);
    cst_tag_set_marks(&tag, 0);
    assert_memory_equal(&tag, &before, sizeof tag);
}

static void that_a_block_is_watched_is_no_mark_and_gone_with_its_release(void **state)
{
    (void)state;
    struct cst_tag tag = {.facts = cst_tag_facts(100, 4, cst_owner_make(CUSTODY_CONTRACT_MALLOC, SIDE)),
                          .sites = cst_tag_sites(0xab0, 0xabcdef, 7)};
    const struct cst_tag before = tag;
    assert_false(cst_tag_is_watched(&tag));
    cst_tag_watch(&tag, true);
    assert_true(cst_tag_is_watched(&tag));
    assert_int_equal(cst_tag_marks(&tag), 0);
    assert_true(cst_tag_starts_at(&tag, 0xab0));
    assert_false(cst_sites_start_at(tag.sites, 0xab0));
    cst_tag_set_marks(&tag, (1U << CST_TAG_MARK_BITS) - 1);
    assert_false(cst_tag_is_told(&tag));
    cst_tag_set_marks(&tag, 0x123);
    assert_true(cst_tag_is_watched(&tag));
    assert_int_equal(cst_tag_marks(&tag), 0x123);
    cst_tag_watch(&tag, false);
    assert_int_equal(cst_tag_marks(&tag), 0x123);
    cst_tag_set_marks(&tag, 0);
    assert_memory_equal(&tag, &before, sizeof tag);
    cst_tag_watch(&tag, true);
    cst_tag_release(&tag, 0x000405);
    assert_int_equal(cst_tag_release_stack(&tag), 0x000405);
}

static void that_a_block_was_told_is_no_mark_and_gone_with_its_release(void **state)
{
    (void)state;
    struct cst_tag tag = {.facts = cst_tag_facts(100, 4, cst_owner_make(CUSTODY_CONTRACT_MALLOC, SIDE)),
                          .sites = cst_tag_sites(0xab0, 0xabcdef, 7)};
    assert_false(cst_tag_is_told(&tag));
    cst_tag_watch(&tag, true);
    cst_tag_set_marks(&tag, 0x321);
    cst_tag_tell(&tag);
    cst_tag_watch(&tag, false);
    assert_true(cst_tag_is_told(&tag));
    assert_int_equal(cst_tag_marks(&tag), 0x321);
    cst_tag_set_marks(&tag, 0);
    assert_true(cst_tag_is_told(&tag));
    assert_true(cst_tag_starts_at(&tag, 0xab0));
    cst_tag_release(&tag, 0x000405);
    assert_int_equal(cst_tag_release_stack(&tag), 0x000405);
}

/* What a walk is expected to visit: a sorted list of starts. */
struct roll {
    const uintptr_t *starts;
    size_t count, next, strangers;
    uintptr_t last;
};

static void call_out(uintptr_t start, struct cst_tag *tag, void *data)
{
    struct roll *roll = data;
    assert_true(start > roll->last);
    assert_int_equal(cst_tag_state(tag), CST_STATE_LIVE);
    roll->last = start;
    if (roll->next < roll->count && start == roll->starts[roll->next]) {
        roll->next++;
    } else {
        roll->strangers++;
    }
}

static void call_out_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_walk(from, to, call_out, data);
}

static int by_value(const void *a, const void *b)
{
    uintptr_t left = *(const uintptr_t *)a, right = *(const uintptr_t *)b;
    return (left > right) - (left < right);
}

static void each_live_block_is_visited_once_in_order(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static struct block blocks[COUNT];
    static uintptr_t starts[COUNT];
    uint64_t random = 1;
    size_t kept = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        size_t size = (random >> 40) % (i % 10 == 0 ? 200000 : 3000);
        blocks[i] = make_block(size, (size_t)1 << (4 + (random >> 34) % 4), i);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i % 3 == 0) {
            drop_block(&blocks[i]);
        } else {
            starts[kept++] = blocks[i].start;
        }
    }
    qsort(starts, kept, sizeof starts[0], by_value);
    struct roll roll = {.starts = starts, .count = kept};
    cst_heap_each_part(call_out_part, &roll);
    assert_int_equal(roll.next, kept);
    assert_int_equal(roll.strangers, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i % 3 != 0) {
            drop_block(&blocks[i]);
        }
    }
}

/* Releases `count` blocks and lets jemalloc reuse their pages for other sizes. */
static void drop_all(const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        drop_block(&blocks[i]);
    }
    assert_int_equal(cst_je_mallctl("thread.tcache.flush", NULL, NULL, NULL, 0), 0);
    assert_int_equal(cst_je_mallctl("arena.4096.decay", NULL, NULL, NULL, 0), 0);
}

static void pages_reused_for_another_size_forget_their_old_density(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static const size_t sizes[] = {16, 256, 48, 4096, 2048, 16, 10000, 16};
    struct block *blocks = calloc(COUNT, sizeof *blocks);
    uint8_t *touched = calloc(cst_shadow.size >> CST_PAGE_SHIFT, 1);
    size_t reused = 0;
    for (uint8_t round = 0; round < sizeof sizes / sizeof sizes[0]; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            blocks[i] = make_block(sizes[round], CST_BLOCK_ALIGN, i);
            uint8_t *page = &touched[(blocks[i].start - cst_shadow.base) >> CST_PAGE_SHIFT];
            reused += *page != 0 && *page != round + 1;
            *page = (uint8_t)(round + 1);
        }
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_tagged(&blocks[i], i);
            expect_hit(blocks[i].start + sizes[round] - 1, CST_STATE_LIVE, blocks[i].start);
        }
        drop_all(blocks, COUNT);
        struct roll roll = {0};
        cst_heap_each_part(call_out_part, &roll);
        assert_int_equal(roll.strangers, 0);
    }
    assert_true(reused > 0);
    free(touched);
    free(blocks);
}

/* Comes first, in a heap that is new. */
static void a_heap_that_grows_is_touched_ahead_once_it_is_not_small(void **state)
{
    (void)state;
    enum { COUNT = 12 << 20 >> 5 };
    const uintptr_t ahead = (uintptr_t)64 << 10, few = (uintptr_t)4 << 20;
    struct block *blocks = calloc(COUNT, sizeof *blocks);
    for (uint32_t i = 0; i < COUNT; i++) {
        blocks[i] = make_block(32, CST_BLOCK_ALIGN, 1);
        if (blocks[i].start - cst_shadow.base < few) {
            assert_int_equal(touches, 0);
        } else {
            assert_true(blocks[i].start < touched_to);
            assert_int_equal(touched_from % CST_PAGE_SIZE, 0);
            assert_int_equal(touched_to % ahead, 0);
            assert_true(touched_to - touched_from <= ahead);
        }
    }
    assert_in_range(touches, 64, 256);
    size_t before = touches;
    for (uint32_t i = 0; i < COUNT; i++) {
        drop_block(&blocks[i]);
    }
    for (uint32_t i = 0; i < 1000; i++) {
        blocks[i] = make_block(32, CST_BLOCK_ALIGN, 1);
    }
    assert_int_equal(touches, before);
    for (uint32_t i = 0; i < 1000; i++) {
        drop_block(&blocks[i]);
    }
    free(blocks);
}

static int start_heap(void **state)
{
    (void)state;
    if (!cst_heap_start(true) || !cst_heap_enter_thread()) {
        return -1;
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_that_grows_is_touched_ahead_once_it_is_not_small),
        cmocka_unit_test(slots_are_no_wider_than_the_size_class_and_more_than_half_of_it),
        cmocka_unit_test(one_block_of_every_size_has_a_tag_of_its_own),
        cmocka_unit_test(crowds_of_one_size_class_never_share_a_slot),
        cmocka_unit_test(aligned_blocks_of_any_size_keep_their_tags_and_their_neighbours),
        cmocka_unit_test(a_block_is_found_at_its_start_and_anywhere_inside),
        cmocka_unit_test(past_the_end_of_a_block_nothing_is_found),
        cmocka_unit_test(a_block_of_no_bytes_is_found_at_its_start_alone),
        cmocka_unit_test(a_released_block_is_found_at_its_start_alone_with_its_facts),
        cmocka_unit_test(marks_of_a_live_block_change_nothing_else_and_are_gone_with_its_release),
        cmocka_unit_test(that_a_block_is_watched_is_no_mark_and_gone_with_its_release),
        cmocka_unit_test(that_a_block_was_told_is_no_mark_and_gone_with_its_release),
        cmocka_unit_test(every_field_holds_its_largest_value_beside_the_others),
        cmocka_unit_test(each_live_block_is_visited_once_in_order),
        cmocka_unit_test(pages_reused_for_another_size_forget_their_old_density),
    };
    return cmocka_run_group_tests(tests, start_heap, NULL);
}
