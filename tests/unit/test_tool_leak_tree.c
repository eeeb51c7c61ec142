/* Call paths and the trees of them. The programs of these logs do not exist, so calls have the names that the log tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "leak_tree.h"
#include "tool_log.h"

#define FRAME(symbol) "{\"module\":0,\"offset\":\"0x10\",\"symbol\":\"" symbol "\"}"
#define PUSH FRAME("_ZN5alloc3vec16Vec$LT$T$C$A$GT$4push17h0123456789abcdefE")
#define LEAK(key, bytes, stack) \
    FINDING(1, "leak", "error", key, ",\"class\":\"definite\",\"blocks\":1,\"bytes\":" #bytes ",\"alloc\":[" stack "]")
#define BEGIN START(1) EVENT("module", 1, ",\"id\":0,\"path\":\"/nowhere/client\",\"build_id\":null")

struct fixture {
    struct cst_log log;
    struct cst_groups groups;
    struct cst_arena arena;
    struct cst_symbols *symbols;
};

static int prepare(void **state)
{
    static struct fixture fixture;
    fixture.symbols = cst_symbols_new();
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_symbols_free(fixture->symbols);
    cst_arena_free(&fixture->arena);
    cst_groups_free(&fixture->groups);
    cst_log_free(&fixture->log);
    return 0;
}

static struct cst_call_paths paths_of(struct fixture *fixture, const char *text, enum cst_path_form form)
{
    assert_true(read_text(&fixture->log, text));
    fixture->groups = cst_groups_make(&fixture->log);
    const struct cst_group *groups[8];
    assert_in_range(fixture->groups.count, 1, 8);
    for (size_t i = 0; i < fixture->groups.count; i++) {
        groups[i] = &fixture->groups.items[i];
    }
    return cst_call_paths_make(&fixture->arena, fixture->symbols, groups, fixture->groups.count, form);
}

static void assert_node(const struct cst_leak_node *node, const char *name, uint64_t bytes, size_t children)
{
    assert_string_equal(node->step->name, name);
    assert_int_equal(node->bytes, bytes);
    assert_int_equal(node->child_count, children);
}

static void common_beginnings_are_one_branch(void **state)
{
    struct fixture *fixture = *state;
    struct cst_call_paths paths =
        paths_of(fixture,
                 BEGIN LEAK("a", 10, FRAME("parse") "," FRAME("load") "," FRAME("main"))
                     LEAK("b", 20, FRAME("read") "," FRAME("load") "," FRAME("main")) LEAK("c", 5, FRAME("main")),
                 CST_PATH_OWN);
    struct cst_leak_node root = cst_leak_tree_make(&fixture->arena, &paths);
    assert_null(root.step);
    assert_int_equal(root.blocks, 3);
    assert_int_equal(root.child_count, 1);
    const struct cst_leak_node *top = &root.children[0];
    assert_node(top, "main", 35, 1);
    assert_node(&top->children[0], "load", 30, 2);
    assert_node(&top->children[0].children[0], "read", 20, 0);
    assert_node(&top->children[0].children[1], "parse", 10, 0);
}

static void equal_stacks_are_one_path(void **state)
{
    struct cst_call_paths paths =
        paths_of(*state, BEGIN LEAK("a", 10, FRAME("f")) LEAK("b", 20, FRAME("f")), CST_PATH_NAMES);
    assert_int_equal(paths.count, 1);
    assert_int_equal(paths.items[0].bytes, 30);
    assert_int_equal(paths.items[0].blocks, 2);
}

static void machinery_is_left_out_at_the_ends_and_named_in_between(void **state)
{
    struct cst_call_paths paths = paths_of(
        *state, BEGIN LEAK("a", 10, PUSH "," PUSH "," FRAME("f") "," PUSH "," PUSH "," FRAME("g") "," FRAME("_start")),
        CST_PATH_OWN);
    assert_int_equal(paths.items[0].count, 3);
    assert_string_equal(paths.items[0].steps[0].name, "g");
    assert_string_equal(paths.items[0].steps[1].name, "(Rust's standard library)");
    assert_string_equal(paths.items[0].steps[2].name, "f");
}

static void nothing_but_machinery_is_kept(void **state)
{
    struct cst_call_paths paths = paths_of(*state, BEGIN LEAK("a", 10, PUSH "," FRAME("_start")), CST_PATH_OWN);
    assert_int_equal(paths.items[0].count, 2);
    assert_string_equal(paths.items[0].steps[0].name, "_start");
}

static void all_calls_are_kept_when_asked_for(void **state)
{
    struct cst_call_paths paths =
        paths_of(*state, BEGIN LEAK("a", 10, PUSH "," FRAME("f") "," FRAME("_start")), CST_PATH_ALL);
    assert_int_equal(paths.items[0].count, 3);
}

static void calls_without_a_name_are_module_and_offset(void **state)
{
    struct cst_call_paths paths =
        paths_of(*state,
                 BEGIN LEAK("a", 10, "{\"module\":0,\"offset\":\"0x2f\"},{\"module\":null,\"offset\":\"0x99\"}")
                     LEAK("b", 1, ""),
                 CST_PATH_NAMES);
    assert_int_equal(paths.count, 2);
    assert_string_equal(paths.items[0].steps[0].name, "(no stack)");
    assert_string_equal(paths.items[1].steps[0].name, "0x99");
    assert_string_equal(paths.items[1].steps[1].name, "client+0x2f");
}

static void endless_paths_lose_their_middle(void **state)
{
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", BEGIN);
    used +=
        (size_t)snprintf(text + used, sizeof text - used,
                         "{\"v\":1,\"event\":\"finding\",\"pid\":1,\"kind\":\"leak\",\"severity\":\"error\",\"key\":"
                         "\"a\",\"class\":\"definite\",\"blocks\":1,\"bytes\":1,\"alloc\":[");
    for (int i = 0; i < 256; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"module\":0,\"offset\":\"0x1\",\"symbol\":\"f%d\"}", i ? "," : "", i);
    }
    snprintf(text + used, sizeof text - used, "]}\n");
    struct cst_call_paths paths = paths_of(*state, text, CST_PATH_OWN);
    const struct cst_call_path *path = &paths.items[0];
    assert_int_equal(path->count, CST_PATH_STEPS);
    assert_string_equal(path->steps[0].name, "f255");
    assert_string_equal(path->steps[CST_PATH_STEPS / 2 - 1].name, "(7 calls left out)");
    assert_string_equal(path->steps[CST_PATH_STEPS - 1].name, "f0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(common_beginnings_are_one_branch),
        TEST(equal_stacks_are_one_path),
        TEST(machinery_is_left_out_at_the_ends_and_named_in_between),
        TEST(nothing_but_machinery_is_kept),
        TEST(all_calls_are_kept_when_asked_for),
        TEST(calls_without_a_name_are_module_and_offset),
        TEST(endless_paths_lose_their_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
