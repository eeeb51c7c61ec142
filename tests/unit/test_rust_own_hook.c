/* The hooks of a module's own allocator: what the functions of the C allocator behind Rust's entries make and are given. The
 * allocator is a small one whose functions are called as if they had been redirected. The runtime is the small world, and
 * starts nothing by itself. */
#include "entry/rust_own_hook.h"

#include "core/adopted.h"
#include "site/rust_own.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

bool __wrap_cst_hook_enter(uintptr_t frame)
{
    (void)frame;
    return cst_thread.mode != CST_THREAD_INSIDE;
}

#define ROOM 16
#define ROOM_SIZE 256

static _Alignas(64) char arena[ROOM][ROOM_SIZE];
static unsigned next_room, released;
static bool refuses;

static void *own_malloc(size_t size)
{
    return refuses || size > ROOM_SIZE ? NULL : arena[next_room++ % ROOM];
}

static void *own_realloc(void *block, size_t size)
{
    (void)block;
    return size > 0 ? own_malloc(size) : NULL;
}

static void own_free(void *block)
{
    released += block != NULL;
}

static struct cst_rust_own allocator = {.module = 4002, .closed = true, .member_count = 3};

static uintptr_t hook_of(enum cst_rust_member member)
{
    return cst_rust_own_hooks.members[member];
}

static struct cst_detour detour_of(void *original)
{
    return (struct cst_detour){.original = (uintptr_t)original, .data = &allocator};
}

static void *made(size_t size)
{
    const struct cst_detour detour = detour_of((void *)own_malloc);
    return ((void *(*)(size_t, const struct cst_detour *))hook_of(CST_RUST_MEMBER_MALLOC))(size, &detour);
}

static void *resized(void *block, size_t size)
{
    const struct cst_detour detour = detour_of((void *)own_realloc);
    return ((void *(*)(void *, size_t, const struct cst_detour *))hook_of(CST_RUST_MEMBER_REALLOC))(block, size,
                                                                                                    &detour);
}

static void given(void *block)
{
    const struct cst_detour detour = detour_of((void *)own_free);
    ((void (*)(void *, const struct cst_detour *))hook_of(CST_RUST_MEMBER_FREE))(block, &detour);
}

static bool is_live(const void *block)
{
    struct cst_adopted known;
    return cst_adopted_find((uintptr_t)block, &known) && cst_tag_state(&known.tag) == CST_STATE_LIVE;
}

static int begin(void **state)
{
    (void)state;
    allocator.hook_data = cst_rust_own_hooks.open(&allocator);
    return allocator.hook_data != NULL && world_start() ? 0 : -1;
}

static int reset(void **state)
{
    (void)state;
    world_forget();
    cst_adopted_forget(allocator.module);
    released = 0;
    refuses = false;
    return 0;
}

static void what_is_made_is_known_until_it_is_released(void **state)
{
    (void)state;
    void *block = made(40);
    assert_true(is_live(block));
    given(block);
    assert_false(is_live(block));
    assert_int_equal(released, 1);
    given(block);
    assert_int_equal(released, 1);
    assert_int_equal(told_count, 1);
    assert_int_equal(told[0].finding.kind, CUSTODY_FINDING_DOUBLE_FREE);
}

static void what_cannot_be_resized_is_known_as_before(void **state)
{
    (void)state;
    void *block = made(41);
    refuses = true;
    assert_null(resized(block, 42));
    assert_true(is_live(block));
    assert_int_equal(told_count, 0);
}

static void a_resize_to_nothing_that_answers_nothing_has_released_the_block(void **state)
{
    (void)state;
    void *block = made(43);
    assert_null(resized(block, 0));
    assert_false(is_live(block));
    assert_int_equal(told_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_made_is_known_until_it_is_released, reset),
        cmocka_unit_test_setup(what_cannot_be_resized_is_known_as_before, reset),
        cmocka_unit_test_setup(a_resize_to_nothing_that_answers_nothing_has_released_the_block, reset),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
