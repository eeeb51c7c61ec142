/* The hook of families: what each role of the list does with blocks of its own, of our heap, and of nobody. The allocator is
 * a small one whose functions are called as if they had been redirected. The runtime is the small world, and starts nothing
 * by itself. */
#include "entry/family_hook.h"

#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

bool __wrap_cst_thread_enter(void)
{
    return cst_thread.mode != CST_THREAD_INSIDE;
}

bool __wrap_cst_start_failed(void)
{
    return false;
}

bool __wrap_cst_start_is_up(void)
{
    return true;
}

#define ROOM 64
#define ROOM_SIZE 1024

static _Alignas(64) char arena[ROOM][ROOM_SIZE];
static unsigned next_room, released, called;
static bool refuses;

static uintptr_t own_make(size_t size)
{
    called++;
    return refuses || size > ROOM_SIZE ? 0 : (uintptr_t)arena[next_room++ % ROOM];
}

static uintptr_t own_make_out(void **out_block, size_t align, size_t size)
{
    (void)align;
    uintptr_t block = own_make(size);
    if (block)
        *out_block = (void *)block;
    return block ? 0 : ENOMEM;
}

static uintptr_t own_resize(void *block, size_t size)
{
    uintptr_t fresh = own_make(size);
    if (fresh && block)
        memcpy((void *)fresh, block, ROOM_SIZE);
    return fresh;
}

static uintptr_t own_resize_out(void **block, size_t count, size_t size)
{
    uintptr_t fresh = own_resize(*block, count * size);
    if (fresh)
        *block = (void *)fresh;
    return fresh ? 0 : ENOMEM;
}

static uintptr_t own_stretch(void *block, size_t size)
{
    (void)block;
    (void)size;
    return refuses ? 100 : ROOM_SIZE;
}

static uintptr_t own_release(void *block)
{
    released += block != NULL;
    return 0;
}

static uintptr_t own_usable(void *block)
{
    return block ? ROOM_SIZE : 0;
}

static uintptr_t own_tell(void *block)
{
    called++;
    return block != NULL;
}

static struct cst_detour maker = {.original = (uintptr_t)own_make}, releaser = {.original = (uintptr_t)own_release},
                         measurer = {.original = (uintptr_t)own_usable};
static const struct cst_family family = {
    .adopter = {.release = cst_family_release, .usable = cst_family_usable, .module = 4002},
    .maker = &maker,
    .releaser = &releaser,
    .usable = &measurer};

/* Calls the function `name` of mimalloc's or jemalloc's as if it were `original`. */
static uintptr_t call_3(const char *name, void *original, uintptr_t first, uintptr_t second, uintptr_t third)
{
    enum custody_contract contract =
        name[0] == 'm' && name[1] == 'i' ? CUSTODY_CONTRACT_MIMALLOC : CUSTODY_CONTRACT_JEMALLOC;
    const struct cst_family_door door = {.function = cst_family_find(contract, name), .family = &family};
    const struct cst_detour detour = {.original = (uintptr_t)original, .data = &door};
    assert_non_null(door.function);
    return cst_family_hook(first, second, third, 0, 0, &detour);
}

static uintptr_t call(const char *name, void *original, uintptr_t first, uintptr_t second)
{
    return call_3(name, original, first, second, 0);
}

static void *made(size_t size)
{
    return (void *)call("mi_malloc", (void *)own_make, size, 0);
}

static void *made_by_jemalloc(size_t size)
{
    return (void *)call("mallocx", (void *)own_make, size, 0);
}

static void release_own(void *block)
{
    (void)call("mi_free", (void *)own_release, (uintptr_t)block, 0);
}

static void *of_our_heap(size_t size)
{
    char *block = make(CUSTODY_DOOR_MALLOC, program_side, size, 16);
    return memcpy(block, "ours", sizeof "ours");
}

static bool is_live(const void *block)
{
    struct cst_adopted known;
    return cst_adopted_find((uintptr_t)block, &known) && cst_tag_state(&known.tag) == CST_STATE_LIVE;
}

static size_t size_of(const void *block)
{
    struct cst_adopted known;
    assert_true(cst_adopted_find((uintptr_t)block, &known));
    return cst_tag_size(&known.tag);
}

static void is_told(unsigned count, enum custody_finding_kind kind)
{
    assert_int_equal(told_count, count);
    assert_string_equal(custody_finding_name(told[count - 1].finding.kind), custody_finding_name(kind));
}

static int reset(void **state)
{
    (void)state;
    world_forget();
    cst_adopted_forget(family.adopter.module);
    released = called = 0;
    refuses = false;
    return 0;
}

static void what_is_made_is_known_until_it_is_released(void **state)
{
    (void)state;
    void *block = made(40);
    assert_true(is_live(block));
    assert_int_equal(size_of(block), 40);
    release_own(block);
    assert_false(is_live(block));
    assert_int_equal(released, 1);
    assert_int_equal(told_count, 0);
    refuses = true;
    assert_null(made(41));
}

static void a_count_and_a_size_are_multiplied_and_an_overflow_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(size_of((void *)call("mi_calloc", (void *)own_make, 6, 7)), 42);
    void *block = NULL;
    assert_int_equal(call_3("mi_posix_memalign", (void *)own_make_out, (uintptr_t)&block, 64, 43), 0);
    assert_int_equal(size_of(block), 43);
    refuses = true;
    assert_int_equal(call("mi_calloc", (void *)own_make, SIZE_MAX, 7), 0);
}

static void where_no_size_is_named_all_that_is_usable_counts(void **state)
{
    (void)state;
    assert_int_equal(size_of((void *)call("mi_strdup", (void *)own_make, 5, 0)), ROOM_SIZE);
    char buffer[8];
    uintptr_t given = call("mi_realpath", (void *)own_make, 5, (uintptr_t)buffer);
    assert_false(is_live((void *)given));
}

static void a_second_release_is_told_and_goes_nowhere(void **state)
{
    (void)state;
    void *block = made(44);
    release_own(block);
    release_own(block);
    is_told(1, CUSTODY_FINDING_DOUBLE_FREE);
    assert_int_equal(released, 1);
}

static void a_block_of_our_heap_never_reaches_the_allocator(void **state)
{
    (void)state;
    char *block = of_our_heap(45);
    release_own(block);
    is_told(1, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_int_equal(released, 0);
    assert_int_equal(cst_heap_find((uintptr_t)block).state, CST_STATE_RELEASED);
}

static void what_was_never_seen_is_the_allocators_affair(void **state)
{
    (void)state;
    release_own(arena[ROOM - 1]);
    release_own(NULL);
    assert_int_equal(released, 1);
    assert_int_equal(told_count, 0);
}

static void a_resize_moves_what_is_known_with_the_block(void **state)
{
    (void)state;
    void *block = made(46);
    void *moved = (void *)call("mi_realloc", (void *)own_resize, (uintptr_t)block, 460);
    assert_false(is_live(block));
    assert_int_equal(size_of(moved), 460);
    refuses = true;
    assert_int_equal(call("mi_realloc", (void *)own_resize, (uintptr_t)moved, 461), 0);
    assert_true(is_live(moved));
    assert_int_equal(size_of(moved), 460);
    assert_int_equal(call("mi_reallocf", (void *)own_resize, (uintptr_t)moved, 462), 0);
    assert_false(is_live(moved));
    assert_int_equal(told_count, 0);
}

static void a_resize_to_nothing_that_answers_nothing_has_released_the_block(void **state)
{
    (void)state;
    void *block = made(47);
    refuses = true;
    assert_int_equal(call("mi_realloc", (void *)own_resize, (uintptr_t)block, 0), 0);
    assert_false(is_live(block));
}

static void a_resize_of_our_heaps_block_makes_one_of_its_own_with_the_same_bytes(void **state)
{
    (void)state;
    void *block = of_our_heap(48);
    char *moved = (char *)call("mi_realloc", (void *)own_resize, (uintptr_t)block, 480);
    is_told(1, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_string_equal(moved, "ours");
    assert_int_equal(size_of(moved), 480);
    assert_int_equal(cst_heap_find((uintptr_t)block).state, CST_STATE_RELEASED);
    void *other = of_our_heap(49);
    moved = (char *)call("rallocx", (void *)own_resize, (uintptr_t)other, 490);
    is_told(2, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_string_equal(moved, "ours");
    assert_int_equal(size_of(moved), 490);
}

static void a_block_given_by_its_place_is_resized_there(void **state)
{
    (void)state;
    void *block = of_our_heap(50);
    assert_int_equal(call_3("mi_reallocarr", (void *)own_resize_out, (uintptr_t)&block, 10, 20), 0);
    is_told(1, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    assert_string_equal((char *)block, "ours");
    assert_int_equal(size_of(block), 200);
    void *before = block;
    assert_int_equal(call_3("mi_reallocarr", (void *)own_resize_out, (uintptr_t)&block, 10, 30), 0);
    assert_int_equal(size_of(block), 300);
    assert_false(is_live(before));
    refuses = true;
    void *kept = block;
    assert_int_equal(call_3("mi_reallocarr", (void *)own_resize_out, (uintptr_t)&block, 10, 40), ENOMEM);
    assert_ptr_equal(block, kept);
    assert_true(is_live(block));
}

static void a_block_that_is_stretched_in_place_has_its_new_size(void **state)
{
    (void)state;
    void *block = made_by_jemalloc(51);
    assert_int_equal(call("xallocx", (void *)own_stretch, (uintptr_t)block, 510), ROOM_SIZE);
    assert_int_equal(size_of(block), 510);
    refuses = true;
    assert_int_equal(call("xallocx", (void *)own_stretch, (uintptr_t)block, 520), 100);
    assert_int_equal(size_of(block), 510);
    void *ours = of_our_heap(52);
    assert_true(call("xallocx", (void *)own_stretch, (uintptr_t)ours, 520) >= 52);
    is_told(1, CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    release(CUSTODY_DOOR_FREE, program_side, ours);
    assert_int_equal(told_count, 1);
}

static void a_named_size_may_be_anything_that_the_block_has(void **state)
{
    (void)state;
    static const size_t sizes[] = {53, 54, ROOM_SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        (void)call("sdallocx", (void *)own_release, (uintptr_t)made_by_jemalloc(53), sizes[i]);
    assert_int_equal(told_count, 0);
    (void)call("sdallocx", (void *)own_release, (uintptr_t)made_by_jemalloc(53), 52);
    is_told(1, CUSTODY_FINDING_LAYOUT_MISMATCH);
    (void)call("sdallocx", (void *)own_release, (uintptr_t)made_by_jemalloc(54), ROOM_SIZE + 1);
    is_told(2, CUSTODY_FINDING_LAYOUT_MISMATCH);
    assert_int_equal(released, 5);
}

static void blocks_of_either_kind_are_measured_and_told_apart(void **state)
{
    (void)state;
    void *ours = of_our_heap(55), *own = made(56);
    assert_int_equal(call("mi_usable_size", (void *)own_usable, (uintptr_t)own, 0), ROOM_SIZE);
    uintptr_t usable = call("mi_usable_size", (void *)own_usable, (uintptr_t)ours, 0);
    assert_true(usable >= 55 && usable < ROOM_SIZE);
    assert_int_equal(call("mi_usable_size", (void *)own_usable, 0, 0), 0);
    called = 0;
    assert_int_equal(call("mi_check_owned", (void *)own_tell, (uintptr_t)ours, 0), 0);
    assert_int_equal(called, 0);
    assert_int_equal(call("mi_check_owned", (void *)own_tell, (uintptr_t)own, 0), 1);
}

static void a_thread_inside_the_runtime_has_the_function_itself(void **state)
{
    (void)state;
    void *ours = of_our_heap(57);
    cst_thread.mode = CST_THREAD_INSIDE;
    void *block = made(58);
    release_own(ours);
    cst_thread.mode = CST_THREAD_READY;
    assert_non_null(block);
    assert_false(is_live(block));
    assert_int_equal(released, 0);
    assert_int_equal(told_count, 0);
    assert_int_equal(cst_heap_find((uintptr_t)ours).state, CST_STATE_RELEASED);
}

static void a_place_for_a_block_is_none_where_nothing_is_known_either(void **state)
{
    (void)state;
    void **place = of_our_heap(65);
    *place = NULL;
    cst_thread.mode = CST_THREAD_INSIDE;
    uintptr_t answer = call_3("mi_posix_memalign", (void *)own_make_out, (uintptr_t)place, 64, 66);
    uintptr_t written = call("mi_realpath", (void *)own_make, 5, (uintptr_t)place);
    cst_thread.mode = CST_THREAD_READY;
    assert_int_equal(answer, 0);
    assert_non_null(*place);
    assert_true(written);
}

static void *inner_block;

/* A function that makes its block with another of its family. */
static uintptr_t own_make_by_another(size_t size)
{
    inner_block = made(size);
    return (uintptr_t)inner_block + 64;
}

static void what_a_function_asks_of_its_own_family_is_not_known(void **state)
{
    (void)state;
    void *block = (void *)call("mi_strdup", (void *)own_make_by_another, 59, 0);
    assert_true(is_live(block));
    assert_false(is_live(inner_block));
    assert_true(is_live(made(60)));
}

static jmp_buf out;

static uintptr_t own_make_and_leave(size_t size)
{
    (void)size;
    longjmp(out, 1);
}

static void a_function_that_was_left_by_a_jump_hides_nothing(void **state)
{
    (void)state;
    if (setjmp(out) == 0)
        (void)call("mi_new", (void *)own_make_and_leave, 61, 0);
    assert_true(is_live(made(62)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_made_is_known_until_it_is_released, reset),
        cmocka_unit_test_setup(a_count_and_a_size_are_multiplied_and_an_overflow_is_nothing, reset),
        cmocka_unit_test_setup(where_no_size_is_named_all_that_is_usable_counts, reset),
        cmocka_unit_test_setup(a_second_release_is_told_and_goes_nowhere, reset),
        cmocka_unit_test_setup(a_block_of_our_heap_never_reaches_the_allocator, reset),
        cmocka_unit_test_setup(what_was_never_seen_is_the_allocators_affair, reset),
        cmocka_unit_test_setup(a_resize_moves_what_is_known_with_the_block, reset),
        cmocka_unit_test_setup(a_resize_to_nothing_that_answers_nothing_has_released_the_block, reset),
        cmocka_unit_test_setup(a_resize_of_our_heaps_block_makes_one_of_its_own_with_the_same_bytes, reset),
        cmocka_unit_test_setup(a_block_given_by_its_place_is_resized_there, reset),
        cmocka_unit_test_setup(a_block_that_is_stretched_in_place_has_its_new_size, reset),
        cmocka_unit_test_setup(a_named_size_may_be_anything_that_the_block_has, reset),
        cmocka_unit_test_setup(blocks_of_either_kind_are_measured_and_told_apart, reset),
        cmocka_unit_test_setup(a_thread_inside_the_runtime_has_the_function_itself, reset),
        cmocka_unit_test_setup(a_place_for_a_block_is_none_where_nothing_is_known_either, reset),
        cmocka_unit_test_setup(what_a_function_asks_of_its_own_family_is_not_known, reset),
        cmocka_unit_test_setup(a_function_that_was_left_by_a_jump_hides_nothing, reset),
    };
    return cmocka_run_group_tests(tests, world_begin, NULL);
}
