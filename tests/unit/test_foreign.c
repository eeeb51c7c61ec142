/* Foreign blocks: adopted, released through the right door and through wrong ones. The allocator is a small one that keeps
 * its blocks in an array and says what it was asked for. */
#include "core/foreign.h"

#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 64

static _Alignas(64) char arena[ROOM][128];
static unsigned given_back[ROOM];
static size_t back_size, back_align;
static unsigned next_room;

static void take_back(const struct cst_adopter *adopter, void *block, size_t size, size_t align)
{
    (void)adopter;
    given_back[((char *)block - arena[0]) / (ptrdiff_t)sizeof arena[0]]++;
    back_size = size;
    back_align = align;
    errno = EDOM;
}

static const struct cst_adopter ours = {.release = take_back, .module = 4000};
static const struct cst_adopter theirs = {.release = take_back, .module = 4001};

static unsigned room_of(const void *block)
{
    return (unsigned)(((const char *)block - arena[0]) / (ptrdiff_t)sizeof arena[0]);
}

static struct cst_call call_of(enum custody_door door, uint16_t side, uintptr_t from)
{
    return (struct cst_call){.door = door, .side = side, .return_address = from};
}

/* A block of the small allocator, asked for by Rust. */
static void *adopt_with(size_t size, size_t align, const struct cst_adopter *adopter)
{
    struct cst_call call = call_of(CUSTODY_DOOR_RUST_ALLOC, rust_side, AT_MAKE);
    void *block = arena[next_room++ % ROOM];
    cst_foreign_adopt(&call, block, size, align, adopter);
    return block;
}

static void *adopt(size_t size, size_t align)
{
    return adopt_with(size, align, &ours);
}

/* Rust gives a block back to the small allocator. True when that one is to be called. */
static bool accept_from(uintptr_t from, void *block, size_t size, size_t align, struct cst_foreign *out_known)
{
    struct cst_call call = call_of(CUSTODY_DOOR_RUST_DEALLOC, rust_side, from);
    struct cst_given given = naming(size, align);
    return cst_foreign_accept(&call, block, &given, &ours, out_known);
}

static bool accept(void *block, size_t size, size_t align, struct cst_foreign *out_known)
{
    return accept_from(AT_RELEASE, block, size, align, out_known);
}

static uint64_t live_bytes(uint16_t side)
{
    return cst_count_sum(side).live_bytes;
}

static void is_told_once(enum custody_finding_kind kind)
{
    assert_int_equal(told_count, 1);
    assert_string_equal(custody_finding_name(told[0].finding.kind), custody_finding_name(kind));
    assert_int_equal(told[0].finding.confidence, CUSTODY_CONFIDENCE_EXACT);
}

static int reset(void **state)
{
    (void)state;
    world_forget();
    cst_adopted_forget(ours.module);
    cst_adopted_forget(theirs.module);
    memset(given_back, 0, sizeof given_back);
    return 0;
}

static void an_adopted_block_is_counted_until_its_allocator_gets_it_back(void **state)
{
    (void)state;
    struct cst_foreign known;
    uint64_t before = live_bytes(rust_side);
    void *block = adopt(41, 8);
    assert_int_equal(live_bytes(rust_side), before + 41);
    assert_true(accept(block, 41, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_OWN);
    assert_int_equal(known.size, 41);
    assert_int_equal(known.align, 8);
    assert_int_equal(live_bytes(rust_side), before);
    assert_int_equal(told_count, 0);
    assert_int_equal(given_back[room_of(block)], 0); /* by who asked, not here */
}

static void null_and_blocks_of_our_heap_are_not_adopted(void **state)
{
    (void)state;
    struct cst_call call = call_of(CUSTODY_DOOR_RUST_ALLOC, rust_side, AT_MAKE);
    void *block = make(CUSTODY_DOOR_MALLOC, program_side, 42, 16);
    size_t before = cst_adopted_count();
    cst_foreign_adopt(&call, NULL, 42, 8, &ours);
    cst_foreign_adopt(&call, block, 42, 8, &ours);
    assert_int_equal(cst_adopted_count(), before);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 0);
}

static void free_of_an_adopted_block_is_told_and_goes_to_its_allocator(void **state)
{
    (void)state;
    uint64_t before = live_bytes(rust_side);
    void *block = adopt(43, 8);
    errno = 0;
    release(CUSTODY_DOOR_FREE, program_side, block);
    is_told_once(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(told[0].finding.block_size, 43);
    assert_int_equal(told[0].finding.block_address, (uintptr_t)block);
    assert_int_equal(told[0].finding.owner.contract, CUSTODY_CONTRACT_RUST);
    assert_int_equal(told[0].alloc, AT_MAKE);
    assert_int_equal(given_back[room_of(block)], 1);
    assert_int_equal(back_size, 43);
    assert_int_equal(back_align, 8);
    assert_int_equal(live_bytes(rust_side), before);
    assert_int_equal(errno, 0);
}

static void a_second_release_is_a_double_free_through_either_door(void **state)
{
    (void)state;
    struct cst_foreign known;
    void *block = adopt(44, 8);
    assert_true(accept(block, 44, 8, &known));
    assert_false(accept_from(AT_AGAIN, block, 44, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_NOTHING);
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(told[0].first_release, AT_RELEASE);
    world_forget();
    release(CUSTODY_DOOR_FREE, program_side, block);
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(given_back[room_of(block)], 0);
}

static void a_wrong_layout_is_told_and_the_right_one_given_on(void **state)
{
    (void)state;
    struct cst_foreign known;
    void *block = adopt(45, 8);
    assert_true(accept(block, 5, 8, &known));
    is_told_once(CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_int_equal(known.size, 45);
}

static void a_block_of_our_heap_is_told_and_kept_from_the_allocator(void **state)
{
    (void)state;
    struct cst_foreign known;
    uint64_t before = live_bytes(program_side);
    void *block = make(CUSTODY_DOOR_MALLOC, program_side, 46, 16);
    assert_false(accept(block, 46, 1, &known));
    assert_int_equal(known.kind, CST_FOREIGN_OTHERS);
    is_told_once(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(live_bytes(program_side), before);
    world_forget();
    assert_false(accept(block, 46, 1, &known));
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
}

static void a_block_of_another_allocator_goes_back_to_that_one(void **state)
{
    (void)state;
    struct cst_foreign known;
    void *block = adopt_with(47, 8, &theirs);
    assert_false(accept(block, 47, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_OTHERS);
    assert_int_equal(given_back[room_of(block)], 1);
}

static void a_pointer_into_a_block_of_our_heap_is_told_and_not_released(void **state)
{
    (void)state;
    struct cst_foreign known;
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, 480, 16);
    assert_false(accept(block + 16, 48, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_NOTHING);
    is_told_once(CUSTODY_FINDING_INTERIOR_FREE);
    release(CUSTODY_DOOR_FREE, program_side, block);
    assert_int_equal(told_count, 1);
}

static void what_was_never_seen_is_for_the_allocator_to_judge(void **state)
{
    (void)state;
    struct cst_foreign known;
    assert_true(accept(arena[ROOM - 1], 49, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_UNSEEN);
    assert_int_equal(told_count, 0);
}

static void what_could_not_be_resized_is_live_as_before(void **state)
{
    (void)state;
    struct cst_foreign known;
    uint64_t before = live_bytes(rust_side);
    void *block = adopt(50, 8);
    assert_true(accept(block, 50, 8, &known));
    cst_foreign_restore(&known);
    assert_int_equal(live_bytes(rust_side), before + 50);
    assert_true(accept_from(AT_AGAIN, block, 50, 8, &known));
    assert_int_equal(known.kind, CST_FOREIGN_OWN);
    assert_int_equal(told_count, 0);
}

static void realloc_of_an_adopted_block_gives_one_of_ours_with_the_same_bytes(void **state)
{
    (void)state;
    char *block = adopt(51, 8);
    memcpy(block, "what was in it", sizeof "what was in it");
    char *moved = resize(CUSTODY_DOOR_REALLOC, program_side, block, 510, 16, NAMING_NOTHING);
    is_told_once(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_true(cst_heap_has((uintptr_t)moved));
    assert_string_equal(moved, "what was in it");
    assert_int_equal(given_back[room_of(block)], 1);
    release(CUSTODY_DOOR_FREE, program_side, moved);
    assert_int_equal(told_count, 1);
}

static void realloc_of_a_released_adopted_block_gives_nothing(void **state)
{
    (void)state;
    struct cst_foreign known;
    void *block = adopt(52, 8);
    assert_true(accept(block, 52, 8, &known));
    assert_null(resize(CUSTODY_DOOR_REALLOC, program_side, block, 520, 16, NAMING_NOTHING));
    is_told_once(CUSTODY_FINDING_DOUBLE_FREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_adopted_block_is_counted_until_its_allocator_gets_it_back, reset),
        cmocka_unit_test_setup(null_and_blocks_of_our_heap_are_not_adopted, reset),
        cmocka_unit_test_setup(free_of_an_adopted_block_is_told_and_goes_to_its_allocator, reset),
        cmocka_unit_test_setup(a_second_release_is_a_double_free_through_either_door, reset),
        cmocka_unit_test_setup(a_wrong_layout_is_told_and_the_right_one_given_on, reset),
        cmocka_unit_test_setup(a_block_of_our_heap_is_told_and_kept_from_the_allocator, reset),
        cmocka_unit_test_setup(a_block_of_another_allocator_goes_back_to_that_one, reset),
        cmocka_unit_test_setup(a_pointer_into_a_block_of_our_heap_is_told_and_not_released, reset),
        cmocka_unit_test_setup(what_was_never_seen_is_for_the_allocator_to_judge, reset),
        cmocka_unit_test_setup(what_could_not_be_resized_is_live_as_before, reset),
        cmocka_unit_test_setup(realloc_of_an_adopted_block_gives_one_of_ours_with_the_same_bytes, reset),
        cmocka_unit_test_setup(realloc_of_a_released_adopted_block_gives_nothing, reset),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
