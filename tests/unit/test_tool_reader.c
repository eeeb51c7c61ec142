/* Logs into data: processes, modules, findings; tolerance and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tool_log.h"

#define MODULE(pid, id, path) EVENT("module", pid, ",\"id\":" #id ",\"path\":\"" path "\",\"build_id\":\"0a\"")

static int empty_log(void **state)
{
    static struct cst_log log;
    *state = &log;
    return 0;
}

static int free_log(void **state)
{
    cst_log_free(*state);
    return 0;
}

static void a_finding_has_its_facts(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(
        log, START(5) MODULE(5, 3, "/opt/lib/x.so")
                 FINDING(5, "layout-mismatch", "error", "k1",
                         ",\"block\":{\"addr\":\"0x10\",\"size\":32,\"align\":8},"
                         "\"owner\":{\"side\":\"client\",\"lang\":\"rust\",\"contract\":\"rust\"},"
                         "\"by\":{\"side\":\"x.so\",\"lang\":\"c\",\"contract\":\"malloc\",\"call\":\"free\"},"
                         "\"given\":{\"size\":8},\"expect\":\"e\",\"thread\":\"t\","
                         "\"release\":[{\"module\":3,\"offset\":\"0x2f\",\"symbol\":\"s\"},"
                         "{\"module\":null,\"offset\":\"0x99\"}]")));
    assert_int_equal(log->finding_count, 1);
    const struct cst_log_finding *finding = log->findings[0];
    assert_string_equal(finding->kind, "layout-mismatch");
    assert_int_equal(finding->severity, CUSTODY_SEVERITY_ERROR);
    assert_int_equal(finding->size, 32);
    assert_true(finding->has_given_size);
    assert_int_equal(finding->given_size, 8);
    assert_false(finding->has_given_align);
    assert_string_equal(finding->owner.contract, "rust");
    assert_string_equal(finding->by.call, "free");
    assert_int_equal(finding->process->pid, 5);
    assert_string_equal(finding->process->program, "client");
    assert_int_equal(finding->release.count, 2);
    assert_int_equal(finding->release.frames[0].offset, 0x2f);
    assert_string_equal(finding->release.frames[0].symbol, "s");
    const struct cst_log_module *module = cst_log_module_of(finding->process, &finding->release.frames[0]);
    assert_non_null(module);
    assert_string_equal(module->name, "x.so");
    assert_string_equal(module->build_id, "0a");
    assert_null(cst_log_module_of(finding->process, &finding->release.frames[1]));
}

static void a_forked_process_has_the_modules_of_its_parent(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5) MODULE(5, 0, "/a") EVENT("fork", 6, ",\"parent\":5") MODULE(5, 0, "/b")));
    assert_int_equal(log->process_count, 2);
    const struct cst_log_process *child = log->processes[1];
    assert_int_equal(child->pid, 6);
    assert_true(child->started);
    assert_string_equal(child->program, "client");
    assert_int_equal(child->module_count, 1);
    assert_string_equal(child->modules[0]->path, "/a");
}

static void a_start_with_a_known_pid_is_another_process(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5) MODULE(5, 0, "/a") EVENT("exec", 5, "") START(5) EVENT("exit", 5, "")));
    assert_int_equal(log->process_count, 2);
    assert_int_equal(log->processes[0]->end, CST_END_EXEC);
    assert_int_equal(log->processes[1]->end, CST_END_EXIT);
    assert_int_equal(log->processes[1]->module_count, 0);
}

static void a_process_without_last_word_is_known_as_such(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5)));
    assert_int_equal(log->processes[0]->end, CST_END_MISSING);
}

static void pids_mean_nothing_across_files(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5)));
    assert_true(read_text(log, FINDING(5, "leak", "note", "k", "")));
    assert_int_equal(log->process_count, 2);
    assert_ptr_equal(log->findings[0]->process, log->processes[1]);
    assert_false(log->processes[1]->started);
}

static void exit_totals_are_kept(void **state)
{
    struct cst_log *log = *state;
    assert_true(
        read_text(log, START(5) EVENT("exit", 5,
                                      ",\"sides\":[{\"side\":\"a\",\"lang\":\"c\",\"module\":\"/m/a\",\"allocs\":3,"
                                      "\"total_bytes\":50,\"peak_blocks\":2,\"peak_bytes\":9},{\"side\":\"b\"}],"
                                      "\"crossings\":[{\"from\":\"a\",\"to\":\"b\",\"count\":2,\"allowed\":true}],"
                                      "\"repeats\":[{\"key\":\"k\",\"count\":7}]")));
    const struct cst_log_process *process = log->processes[0];
    assert_int_equal(process->side_count, 2);
    assert_int_equal(process->sides[0].allocs, 3);
    assert_string_equal(process->sides[0].module, "/m/a");
    assert_int_equal(process->sides[0].total_bytes, 50);
    assert_int_equal(process->sides[0].peak_blocks, 2);
    assert_int_equal(process->sides[0].peak_bytes, 9);
    assert_string_equal(process->sides[1].module, "");
    assert_int_equal(process->crossing_count, 1);
    assert_true(process->crossings[0].allowed);
    assert_int_equal(process->repeats[0].count, 7);
}

static void unknown_events_and_fields_are_ignored(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5) EVENT("handle", 5, ",\"new\":[{}]") EVENT("of_later_days", 5, "")));
    assert_int_equal(log->skipped_lines, 0);
    assert_int_equal(log->finding_count, 0);
}

static void malformed_lines_are_skipped_and_counted(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, "x\n\n  \n[]\n{\"v\":1}\n" START(5)));
    assert_int_equal(log->skipped_lines, 3);
    assert_int_equal(log->process_count, 1);
}

static void a_cut_last_line_is_not_counted_as_malformed(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, START(5) "{\"v\":1,\"ev"));
    assert_int_equal(log->skipped_lines, 0);
}

static void a_whole_last_line_needs_no_newline(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, "{\"v\":1,\"event\":\"start\",\"pid\":1}"));
    assert_int_equal(log->process_count, 1);
}

static void files_without_events_and_of_other_versions_fail(void **state)
{
    struct cst_log *log = *state;
    assert_false(read_text(log, ""));
    assert_false(read_text(log, "x\n"));
    assert_false(read_text(log, "{\"v\":2,\"event\":\"start\",\"pid\":1}\n"));
    assert_false(cst_reader_add(log, "/nonexistent", true));
    assert_true(cst_reader_add(log, "/dev/null", true));
}

#define MOMENT(deed, by) \
    "{\"deed\":\"" deed "\",\"by\":{\"side\":\"" by \
    "\",\"lang\":\"c\"},\"thread\":\"t\",\"stack\":[{\"module\":0,\"offset\":\"0x5\"}]}"

static void what_the_program_told_of_has_its_history(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(log, FINDING(1, "wrong-type", "error", "k",
                                       ",\"type\":\"ledger\",\"expected_type\":\"account\",\"number\":7,\"capacity\":8,"
                                       "\"length\":18446744073709551614,\"history\":[" MOMENT("made", "x") "," MOMENT(
                                           "ended", "y") "],\"history_left_out\":3")));
    const struct cst_log_told *told = &log->findings[0]->told;
    assert_string_equal(told->type, "ledger");
    assert_string_equal(told->expected_type, "account");
    assert_int_equal(told->number, 7);
    assert_int_equal(told->capacity, 8);
    assert_int_equal(told->length, INT64_MAX);
    assert_int_equal(told->history_count, 2);
    assert_int_equal(told->history_left_out, 3);
    assert_string_equal(told->history[1].deed, "ended");
    assert_string_equal(told->history[1].by.side, "y");
    assert_false(told->history[1].has_to);
    assert_int_equal(told->history[1].stack.frames[0].offset, 5);
    assert_ptr_equal(cst_log_stack_at(log->findings[0], 4), &told->history[1].stack);
    assert_null(cst_log_stack_at(log->findings[0], 5));
    assert_ptr_equal(cst_log_stack_of_origin(log->findings[0]), &told->history[0].stack);
}

#define LENT(address, size, number) \
    EVENT("lend", 1, ",\"deed\":\"lent\",\"addr\":\"" address "\",\"size\":" #size ",\"number\":" #number)

static void calls_are_kept_as_far_as_they_are_of_interest(void **state)
{
    struct cst_log *log = *state;
    const char *text = LENT("0x10", 8, 1) LENT("0x18", 8, 2) LENT("0x10", 0, 2) LENT("", 8, 3) LENT("0x", 99, 3);
    assert_true(read_text(log, text));
    assert_true(log->has_ownership);
    assert_int_equal(log->deed_count, 0);
    log->interest = (struct cst_log_interest){.has_address = true, .address = 0x17};
    assert_true(read_text(log, text));
    assert_int_equal(log->deed_count, 1);
    assert_int_equal(log->deeds[0]->number, 1);
    log->interest = (struct cst_log_interest){.has_number = true, .number = 2};
    assert_true(read_text(log, text));
    assert_int_equal(log->deed_count, 3);
    assert_string_equal(log->deeds[2]->address, "0x10");
    assert_true(log->deeds[1]->line < log->deeds[2]->line);
}

static void wild_values_read_as_missing(void **state)
{
    struct cst_log *log = *state;
    assert_true(read_text(
        log, EVENT("module", 1, ",\"id\":-1,\"path\":\"x\"") EVENT("module", 1, ",\"id\":99999999,\"path\":\"x\"")
                 FINDING(1, "leak", "dreadful", "k",
                         ",\"blocks\":-4,\"block\":7,\"owner\":[],\"alloc\":{},\"release\":[3,{}]")));
    const struct cst_log_finding *finding = log->findings[0];
    assert_int_equal(finding->severity, CUSTODY_SEVERITY_ERROR);
    assert_false(finding->has_block);
    assert_false(finding->has_owner);
    assert_int_equal(finding->leak_blocks, 0);
    assert_int_equal(finding->alloc.count, 0);
    assert_int_equal(finding->release.count, 2);
    assert_int_equal(finding->release.frames[0].module, CST_NO_MODULE);
    assert_int_equal(log->processes[0]->module_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_has_its_facts),
        cmocka_unit_test(a_forked_process_has_the_modules_of_its_parent),
        cmocka_unit_test(a_start_with_a_known_pid_is_another_process),
        cmocka_unit_test(a_process_without_last_word_is_known_as_such),
        cmocka_unit_test(pids_mean_nothing_across_files),
        cmocka_unit_test(exit_totals_are_kept),
        cmocka_unit_test(unknown_events_and_fields_are_ignored),
        cmocka_unit_test(malformed_lines_are_skipped_and_counted),
        cmocka_unit_test(a_cut_last_line_is_not_counted_as_malformed),
        cmocka_unit_test(a_whole_last_line_needs_no_newline),
        cmocka_unit_test(files_without_events_and_of_other_versions_fail),
        cmocka_unit_test(what_the_program_told_of_has_its_history),
        cmocka_unit_test(calls_are_kept_as_far_as_they_are_of_interest),
        cmocka_unit_test(wild_values_read_as_missing),
    };
    struct CMUnitTest fresh[sizeof tests / sizeof *tests];
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        fresh[i] = tests[i];
        fresh[i].setup_func = empty_log;
        fresh[i].teardown_func = free_log;
    }
    return cmocka_run_group_tests(fresh, NULL, NULL);
}
