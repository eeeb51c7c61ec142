/* Merging: equal findings, counts, order, totals per program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "group.h"
#include "option.h"
#include "tool_log.h"

#define REPEATS(pid, key, count) EVENT("exit", pid, ",\"repeats\":[{\"key\":\"" key "\",\"count\":" #count "}]")
#define LEAK(pid, key, blocks, bytes) FINDING(pid, "leak", "note", key, ",\"blocks\":" #blocks ",\"bytes\":" #bytes)

/* A log and what came of merging it. */
struct fixture {
    struct cst_log log;
    struct cst_groups groups;
};

static int prepare(void **state)
{
    static struct fixture fixture;
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_groups_free(&fixture->groups);
    cst_log_free(&fixture->log);
    return 0;
}

static const struct cst_groups *merge(void **state, const char *text)
{
    struct fixture *fixture = *state;
    assert_true(read_text(&fixture->log, text));
    fixture->groups = cst_groups_make(&fixture->log);
    return &fixture->groups;
}

static void equal_keys_are_one_with_their_counts(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) START(2) FINDING(1, "double-free", "error", "a", "")
                                                       FINDING(2, "double-free", "error", "a", ""));
    assert_int_equal(groups->count, 1);
    assert_int_equal(groups->items[0].count, 2);
    assert_int_equal(groups->items[0].processes, 2);
    assert_int_equal(groups->items[0].first->process->pid, 1);
}

static void a_repeat_includes_the_first_time(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "double-free", "error", "a", "") REPEATS(1, "a", 5));
    assert_int_equal(groups->items[0].count, 5);
    assert_int_equal(groups->items[0].processes, 1);
}

static void a_repeat_counts_in_its_own_process(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) START(2) FINDING(1, "double-free", "error", "a", "")
                                                       FINDING(2, "double-free", "error", "a", "") REPEATS(2, "a", 3));
    assert_int_equal(groups->items[0].count, 4);
}

static void repeats_of_unknown_keys_are_ignored(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "double-free", "error", "a", "") REPEATS(1, "b", 5));
    assert_int_equal(groups->count, 1);
    assert_int_equal(groups->items[0].count, 1);
}

static void findings_without_a_key_are_never_merged(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "leak", "note", "", "") FINDING(1, "leak", "note", "", ""));
    assert_int_equal(groups->count, 2);
    assert_null(cst_groups_find(groups, ""));
}

static void the_worst_comes_first_then_the_earliest(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "leak", "note", "a", "") FINDING(1, "cross-side-free", "warning", "b", "")
                         FINDING(1, "double-free", "error", "c", "") FINDING(1, "invalid-free", "error", "d", ""));
    static const char *const expected[] = {"c", "d", "b", "a"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(groups->items[i].first->key, expected[i]);
    }
}

static void the_worst_severity_of_equal_findings_counts(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) FINDING(1, "cross-side-free", "warning", "a", "")
                                                       FINDING(1, "cross-side-free", "error", "a", ""));
    assert_int_equal(groups->items[0].severity, CUSTODY_SEVERITY_ERROR);
    assert_int_equal(cst_groups_count(groups, CUSTODY_SEVERITY_ERROR), 1);
    assert_int_equal(cst_groups_count(groups, CUSTODY_SEVERITY_WARNING), 0);
}

static void thresholds_are_reached_from_their_severity_on(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) FINDING(1, "cross-side-free", "warning", "a", ""));
    assert_true(cst_groups_reach(groups, CUSTODY_SEVERITY_NOTE));
    assert_true(cst_groups_reach(groups, CUSTODY_SEVERITY_WARNING));
    assert_false(cst_groups_reach(groups, CUSTODY_SEVERITY_ERROR));
    assert_false(cst_groups_reach(groups, CST_SEVERITY_NEVER));
}

static void leaks_are_summed(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) LEAK(1, "a", 2, 10) START(2) LEAK(2, "a", 3, 20));
    assert_int_equal(groups->items[0].leak_blocks, 5);
    assert_int_equal(groups->items[0].leak_bytes, 30);
}

#define CLASSED(pid, key, severity, class, when, blocks, bytes) \
    FINDING(pid, "leak", severity, key, \
            ",\"class\":\"" class "\",\"when\":\"" when "\",\"blocks\":" #blocks ",\"bytes\":" #bytes)

static void a_leak_at_exit_takes_the_place_of_what_was_asked_for(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) CLASSED(1, "a", "error", "definite", "request", 2, 10)
                                                       START(2) CLASSED(2, "a", "error", "definite", "exit", 3, 20)
                                                           CLASSED(1, "a", "error", "definite", "exit", 4, 30));
    assert_int_equal(groups->count, 1);
    assert_int_equal(groups->items[0].leak_blocks, 7);
    assert_int_equal(groups->items[0].leak_bytes, 50);
    assert_int_equal(groups->items[0].count, 2);
    assert_int_equal(groups->items[0].processes, 2);
    assert_false(groups->items[0].first->on_request);
}

static void of_two_requests_the_later_counts(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) CLASSED(1, "a", "error", "definite", "request", 2, 10)
                                                       CLASSED(1, "a", "error", "definite", "request", 3, 15));
    assert_int_equal(groups->items[0].leak_bytes, 15);
    assert_int_equal(groups->items[0].count, 1);
    assert_true(groups->items[0].first->on_request);
}

static void what_was_reachable_when_asked_is_forgotten_once_the_process_told_its_end(void **state)
{
    const struct cst_groups *groups = merge(state, START(1) CLASSED(1, "a", "note", "reachable", "request", 2, 10)
                                                       CLASSED(1, "b", "error", "definite", "request", 1, 1)
                                                           CLASSED(1, "c", "error", "definite", "exit", 2, 10) START(2)
                                                               CLASSED(2, "d", "note", "reachable", "request", 2, 10));
    assert_int_equal(groups->count, 3);
    assert_null(cst_groups_find(groups, "a"));
    assert_non_null(cst_groups_find(groups, "b"));
    assert_non_null(cst_groups_find(groups, "d"));
}

static void leaks_of_a_forked_child_are_its_own(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) CLASSED(1, "a", "error", "definite", "request", 2, 10) EVENT("fork", 2, ",\"parent\":1")
                         CLASSED(2, "a", "error", "definite", "exit", 1, 5));
    assert_int_equal(groups->items[0].leak_bytes, 15);
    assert_int_equal(groups->items[0].processes, 2);
}

static void the_holder_of_a_leak_takes_part_in_it(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "leak", "note", "a",
                                      ",\"owner\":{\"side\":\"x\"},\"held_by\":{\"side\":\"y\",\"lang\":\"c\"}"));
    assert_true(cst_group_is_leak(&groups->items[0]));
    assert_true(cst_group_has_side(&groups->items[0], "y"));
    assert_string_equal(groups->items[0].first->holder.lang, "c");
}

static void sides_are_found_as_owner_and_as_releaser(void **state)
{
    const struct cst_groups *groups =
        merge(state, START(1) FINDING(1, "cross-side-free", "warning", "a",
                                      ",\"owner\":{\"side\":\"x\"},\"by\":{\"side\":\"y\"}"));
    assert_true(cst_group_has_side(&groups->items[0], NULL));
    assert_true(cst_group_has_side(&groups->items[0], "x"));
    assert_true(cst_group_has_side(&groups->items[0], "y"));
    assert_false(cst_group_has_side(&groups->items[0], "z"));
}

static void totals_are_summed_per_program(void **state)
{
#define TOTALS(pid, peak, allowed) \
    EVENT("exit", pid, \
          ",\"sides\":[{\"side\":\"a\",\"lang\":\"c\",\"module\":\"/m/a\",\"allocs\":3,\"total_bytes\":50," \
          "\"peak_blocks\":1" #peak ",\"peak_bytes\":" #peak "}]," \
          "\"crossings\":[{\"from\":\"a\",\"to\":\"b\",\"contract\":\"new\",\"count\":2,\"allowed\":" #allowed "}]")
    const struct cst_groups *groups = merge(state, START(1) TOTALS(1, 9, true) START(2) TOTALS(2, 7, false) START(3)
                                                       EVENT("start", 4, ",\"exe\":\"/opt/other\""));
    assert_int_equal(groups->program_count, 2);
    const struct cst_program *program = &groups->programs[0];
    assert_string_equal(program->name, "client");
    assert_int_equal(program->processes, 3);
    assert_int_equal(program->unfinished, 1);
    assert_int_equal(program->side_count, 1);
    assert_int_equal(program->sides[0].allocs, 6);
    assert_string_equal(program->sides[0].module, "/m/a");
    assert_int_equal(program->sides[0].total_bytes, 100);
    assert_int_equal(program->sides[0].peak_blocks, 19);
    assert_int_equal(program->sides[0].peak_bytes, 9);
    assert_int_equal(program->crossing_count, 1);
    assert_int_equal(program->crossings[0].count, 4);
    assert_false(program->crossings[0].allowed);
    assert_string_equal(groups->programs[1].name, "other");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(equal_keys_are_one_with_their_counts),
        TEST(a_repeat_includes_the_first_time),
        TEST(a_repeat_counts_in_its_own_process),
        TEST(repeats_of_unknown_keys_are_ignored),
        TEST(findings_without_a_key_are_never_merged),
        TEST(the_worst_comes_first_then_the_earliest),
        TEST(the_worst_severity_of_equal_findings_counts),
        TEST(thresholds_are_reached_from_their_severity_on),
        TEST(leaks_are_summed),
        TEST(a_leak_at_exit_takes_the_place_of_what_was_asked_for),
        TEST(of_two_requests_the_later_counts),
        TEST(what_was_reachable_when_asked_is_forgotten_once_the_process_told_its_end),
        TEST(leaks_of_a_forked_child_are_its_own),
        TEST(the_holder_of_a_leak_takes_part_in_it),
        TEST(sides_are_found_as_owner_and_as_releaser),
        TEST(totals_are_summed_per_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
