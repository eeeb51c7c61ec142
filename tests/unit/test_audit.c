/* The audit: every event as a line that the schema accepts, every finding in words, keys that outlive a rerun, and
 * lines that stay whole under threads, signals, fork and vfork. The registry of modules is replaced by a small one;
 * every test runs in a process of its own, since a log is opened once a process. */
#include "audit/audit.h"

#include "audit/line.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "audited.h"

/* ---- findings to tell ---- */

static const uintptr_t made_at[] = {0x401235, 0x402000};
static const uintptr_t released_at[] = {0x701140, 0x401300, 0x7fff12345678, 0x900500};

static struct cst_finding a_finding(enum custody_finding_kind kind)
{
    return (struct cst_finding){
        .kind = kind,
        .severity = custody_finding_severity(kind),
        .confidence = CUSTODY_CONFIDENCE_EXACT,
        .address = 0x1000,
        .has_block = true,
        .block_address = 0x1000,
        .block_size = 24,
        .block_align = 8,
        .owner = {.side = "client", .lang = CUSTODY_LANG_RUST, .contract = CUSTODY_CONTRACT_RUST},
        .has_by = true,
        .by = {.side = "libledger.so", .lang = CUSTODY_LANG_C, .contract = CUSTODY_CONTRACT_MALLOC},
        .call = CUSTODY_DOOR_FREE,
        .alloc = {.addresses = made_at, .count = 2},
        .release = {.addresses = released_at, .count = 4},
    };
}

static struct cst_finding an_invalid_free(enum custody_finding_kind kind, enum cst_place place, const char *name)
{
    struct cst_finding finding = a_finding(kind);
    finding.has_block = false;
    finding.place = place;
    finding.place_name = name;
    finding.alloc.count = 0;
    return finding;
}

static struct cst_finding a_leak(void)
{
    struct cst_finding finding = a_finding(CUSTODY_FINDING_LEAK);
    finding.has_by = false;
    finding.release.count = 0;
    finding.leak_blocks = 3;
    finding.leak_bytes = 72;
    finding.severity = CUSTODY_SEVERITY_NOTE;
    finding.leak_class = "reachable";
    finding.leak_when = "exit";
    finding.has_holder = true;
    finding.holder = (struct cst_party){.side = "libledger.so", .lang = CUSTODY_LANG_C};
    return finding;
}

static void tell(struct cst_finding finding)
{
    (void)cst_audit_finding(&finding);
}

static void tell_every_kind(void)
{
    tell(a_finding(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE));
    tell(a_finding(CUSTODY_FINDING_MISMATCHED_RELEASE));
    tell(a_finding(CUSTODY_FINDING_CROSS_SIDE_FREE));
    struct cst_finding layout = a_finding(CUSTODY_FINDING_LAYOUT_MISMATCH);
    layout.has_given_size = layout.has_given_align = true;
    layout.given_size = 8;
    layout.given_align = 4;
    tell(layout);
    struct cst_finding twice = a_finding(CUSTODY_FINDING_DOUBLE_FREE);
    twice.first_release = twice.alloc;
    tell(twice);
    struct cst_finding interior = a_finding(CUSTODY_FINDING_INTERIOR_FREE);
    interior.address += 16;
    tell(interior);
    for (enum cst_place place = CST_PLACE_STACK; place <= CST_PLACE_WILD; place++) {
        tell(an_invalid_free(CUSTODY_FINDING_INVALID_FREE, place, NULL));
        tell(an_invalid_free(CUSTODY_FINDING_INVALID_FREE, place, "\xff[na\"me]"));
    }
    tell(an_invalid_free(CUSTODY_FINDING_FOREIGN_FREE, CST_PLACE_FOREIGN, "[heap]"));
    tell(a_leak());
}

/* ---- lines ---- */

static const struct cst_side_total side_total = {.side = "client",
                                                 .lang = CUSTODY_LANG_RUST,
                                                 .module = "/bin/client",
                                                 .allocs = 5,
                                                 .frees = 4,
                                                 .total_bytes = 250,
                                                 .live_blocks = 1,
                                                 .live_bytes = 10,
                                                 .peak_blocks = 3,
                                                 .peak_bytes = 99};
static const struct cst_crossing_total crossing_total = {.from = "client",
                                                         .to = "libledger.so",
                                                         .from_lang = CUSTODY_LANG_RUST,
                                                         .to_lang = CUSTODY_LANG_C,
                                                         .contract = CUSTODY_CONTRACT_RUST,
                                                         .count = 2};
static const struct cst_repeat repeat = {.key = 0xabc, .count = 4};

static const struct cst_exit_summary summary = {.findings = {1, 2, 3},
                                                .sides = &side_total,
                                                .side_count = 1,
                                                .crossings = &crossing_total,
                                                .crossing_count = 1,
                                                .repeats = &repeat,
                                                .repeat_count = 1,
                                                .status = 3,
                                                .how = "exit"};

static void tell_everything(void)
{
    char *const argv[] = {"child", "a \"quoted\" \x80 argument", NULL};
    cst_audit_open(log_path, "log=x:stacks=16");
    errno = 77;
    cst_audit_start();
    for (size_t i = 0; i < 3; i++) {
        cst_audit_module(&modules[i]);
    }
    tell_every_kind();
    cst_audit_exec("/bin/child", argv);
    cst_audit_exec(NULL, NULL);
    cst_audit_exit(&summary);
    require(errno == 77, 1);
}

static void every_event_is_a_line_that_the_schema_accepts(void **state)
{
    (void)state;
    in_a_process(tell_everything);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 4 + 20 + 3);
    assert_string_equal(said, "");
    expect_logged("\"event\":\"start\"");
    expect_logged("\"version\":\"" CUSTODY_VERSION "\",\"options\":\"log=x:stacks=16\",\"ppid\":");
    expect_logged("test_audit\"]");
    expect_logged("\"id\":0,\"path\":\"/bin/"
                  "client\",\"name\":\"client\",\"build_id\":\"ab0c\",\"base\":\"0x400000\",\"lo\":\"0x400000\","
                  "\"hi\":\"0x500000\",\"epoch\":1,\"role\":\"program\",\"lang\":\"rust\",\"rust\":\"exact\",\"rust_"
                  "by\":\"debug-info\"}\n");
    expect_logged("\"path\":\"/lib/\xef\xbf\xbd\\\"led\\ng/libledger.so\",\"name\":\"libledger.so\",\"build_id\":null");
    expect_logged("\"file\":\"/bin/child\",\"argv\":[\"child\",\"a \\\"quoted\\\" \xef\xbf\xbd argument\"]}\n");
    expect_logged("\"file\":\"\",\"argv\":[]}\n");
    expect_logged(
        "\"findings\":{\"note\":1,\"warning\":2,\"error\":3},\"status\":3,\"how\":\"exit\",\"repeats\":[{\"key\":"
        "\"0000000000000abc\",\"count\":4}],\"sides\":[{\"side\":\"client\",\"lang\":\"rust\",\"module\":\"/bin/"
        "client\","
        "\"allocs\":5,\"frees\":4,\"total_bytes\":250,\"live_blocks\":1,\"live_bytes\":10,\"peak_blocks\":3,"
        "\"peak_bytes\":99}],\"crossings\":[{\"from\":\"client\",\"from_lang\":"
        "\"rust\","
        "\"to\":\"libledger.so\",\"to_lang\":\"c\",\"contract\":\"rust\",\"count\":2,\"allowed\":false}]}\n");
}

static void a_finding_has_its_facts_in_the_order_of_the_format(void **state)
{
    (void)state;
    in_a_process(tell_everything);
    const char *line = strstr(logged, "\"kind\":\"cross-allocator-free\"");
    assert_non_null(line);
    static const char *const keys[] = {"\"kind\":",
                                       "\"severity\":\"error\"",
                                       "\"confidence\":\"exact\"",
                                       "\"key\":\"",
                                       "\"count\":1",
                                       "\"block\":{",
                                       "\"owner\":{",
                                       "\"by\":{",
                                       "\"expect\":",
                                       "\"thread\":",
                                       "\"alloc\":[",
                                       "\"release\":["};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *found = strstr(line, keys[i]);
        assert_non_null(found);
        assert_true(found < strchr(line, '\n'));
        line = found;
    }
    expect_logged(
        "\"block\":{\"addr\":\"0x1000\",\"size\":24,\"align\":8},\"owner\":{\"side\":\"client\",\"lang\":\"rust\","
        "\"contract\":\"rust\"},\"by\":{\"side\":\"libledger.so\",\"lang\":\"c\",\"contract\":\"malloc\",\"call\":"
        "\"free\"}");
    expect_logged("\"given\":{\"size\":8,\"align\":4}");
    expect_logged("\"offset\":16,\"alloc\"");
    expect_logged("\"place\":\"static\",\"place_name\":\"\xef\xbf\xbd[na\\\"me]\"");
    expect_logged("\"class\":\"reachable\",\"blocks\":3,\"bytes\":72,\"when\":\"exit\",\"held_by\":{\"side\":"
                  "\"libledger.so\",\"lang\":\"c\"},"
                  "\"alloc\":[{");
}

static void frames_are_offsets_into_their_modules(void **state)
{
    (void)state;
    in_a_process(tell_everything);
    expect_logged("\"alloc\":[{\"module\":0,\"offset\":\"0x1235\"},{\"module\":0,\"offset\":\"0x2000\"}]");
    expect_logged("\"release\":[{\"module\":1,\"offset\":\"0x1140\",\"symbol\":\"ledger_free\"},{\"module\":0,"
                  "\"offset\":\"0x1300\"},"
                  "{\"module\":null,\"offset\":\"0x7fff12345678\"},{\"module\":2,\"offset\":\"0x500\"}]}\n");
}

static void tell_with_enormous_symbols(void)
{
    static char enormous[200000];
    memset(enormous, 'x', sizeof enormous - 1);
    symbol_name = enormous;
    cst_audit_open(log_path, "");
    tell(a_finding(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE));
}

static void a_symbol_of_absurd_length_is_left_out(void **state)
{
    (void)state;
    in_a_process(tell_with_enormous_symbols);
    expect_valid_log();
    expect_logged("\"release\":[{\"module\":1,\"offset\":\"0x1140\"},");
}

static void exit_with_long_tables(void)
{
    enum { LONG = 10000 };
    static struct cst_side_total sides[LONG];
    static struct cst_crossing_total crossings[LONG];
    static struct cst_repeat repeats[LONG];
    for (size_t i = 0; i < LONG; i++) {
        sides[i] = side_total;
        crossings[i] = crossing_total;
        repeats[i] = repeat;
    }
    struct cst_exit_summary longer = summary;
    longer.sides = sides;
    longer.crossings = crossings;
    longer.repeats = repeats;
    longer.side_count = longer.crossing_count = longer.repeat_count = LONG;
    cst_audit_open(log_path, "");
    cst_audit_exit(&longer);
}

static void tables_too_long_for_a_line_are_cut_and_marked(void **state)
{
    (void)state;
    in_a_process(exit_with_long_tables);
    expect_valid_log();
    assert_true(count(logged, "{\"key\":") > 1000);
    assert_true(count(logged, "{\"side\":") > 400);
    assert_true(count(logged, "{\"from\":") > 400);
    expect_logged("],\"truncated\":true}\n");
}

static void exit_with_many_repeats(void)
{
    enum { LONG = 10000 };
    static struct cst_repeat repeats[LONG];
    for (size_t i = 0; i < LONG; i++) {
        repeats[i] = repeat;
    }
    struct cst_exit_summary longer = summary;
    longer.repeats = repeats;
    longer.repeat_count = LONG;
    cst_audit_open(log_path, "");
    cst_audit_exit(&longer);
}

static void a_long_table_leaves_room_for_the_others(void **state)
{
    (void)state;
    in_a_process(exit_with_many_repeats);
    expect_valid_log();
    assert_true(count(logged, "{\"key\":") < 5000);
    expect_logged("\"allowed\":false}],\"truncated\":true}\n");
}

/* ---- keys ---- */

/* One that is not said on stderr, as there is no log. */
static struct cst_finding a_quiet_finding(void)
{
    struct cst_finding finding = a_finding(CUSTODY_FINDING_CROSS_ALLOCATOR_FREE);
    finding.severity = CUSTODY_SEVERITY_NOTE;
    return finding;
}

static void keys_depend_on_kind_and_sites_alone(void **state)
{
    (void)state;
    struct cst_finding finding = a_quiet_finding();
    uint64_t key = cst_audit_finding(&finding);

    struct cst_finding other = finding;
    other.address = other.block_address = 0x5000;
    other.block_size = 99;
    other.first_release = other.alloc;
    assert_int_equal(cst_audit_finding(&other), key);

    other.kind = CUSTODY_FINDING_CROSS_SIDE_FREE;
    assert_int_not_equal(cst_audit_finding(&other), key);

    other = finding;
    other.alloc.count = 1;
    assert_int_not_equal(cst_audit_finding(&other), key);

    const uintptr_t elsewhere[] = {0x701141, 0x401300, 0x7fff12345678, 0x900500};
    other = finding;
    other.release.addresses = elsewhere;
    assert_int_not_equal(cst_audit_finding(&other), key);
}

/* What a rebuild does to a function that was not touched: it lies elsewhere, under another clone's name. */
static void keys_outlive_functions_that_move(void **state)
{
    (void)state;
    struct cst_finding finding = a_quiet_finding();
    uint64_t key = cst_audit_finding(&finding);
    const uintptr_t moved[] = {0x701340, 0x401300, 0x7fff12345678, 0x900500};
    finding.release.addresses = moved;
    assert_int_not_equal(cst_audit_finding(&finding), key);
    symbol_offset = 0x1300;
    assert_int_equal(cst_audit_finding(&finding), key);
    symbol_name = "ledger_free.constprop.0";
    assert_int_equal(cst_audit_finding(&finding), key);
    symbol_name = "ledger_freed";
    assert_int_not_equal(cst_audit_finding(&finding), key);
    symbol_name = "ledger_free";
    symbol_offset = 0x1100;
}

static void keys_of_code_without_names_are_made_of_its_place_in_the_module(void **state)
{
    (void)state;
    struct cst_finding finding = a_quiet_finding();
    uint64_t key = cst_audit_finding(&finding);
    const uintptr_t moved[] = {0x701140, 0x401310, 0x7fff12345678, 0x900500};
    finding.release.addresses = moved;
    assert_int_not_equal(cst_audit_finding(&finding), key);
}

static void keys_of_leaks_tell_classes_and_holders_apart(void **state)
{
    (void)state;
    struct cst_finding leak = a_leak();
    leak.severity = CUSTODY_SEVERITY_NOTE;
    uint64_t key = cst_audit_finding(&leak);
    leak.leak_bytes = 1000;
    assert_int_equal(cst_audit_finding(&leak), key);
    leak.has_holder = false;
    uint64_t unheld = cst_audit_finding(&leak);
    assert_int_not_equal(unheld, key);
    leak.leak_class = "definite";
    assert_int_not_equal(cst_audit_finding(&leak), unheld);
}

static void keys_are_the_same_wherever_modules_are_loaded(void **state)
{
    (void)state;
    struct cst_finding finding = a_quiet_finding();
    uint64_t key = cst_audit_finding(&finding);
    struct cst_module before = modules[1];
    modules[1].base = modules[1].lo = 0xb00000;
    modules[1].hi = 0xc00000;
    const uintptr_t moved[] = {0xb01140, 0x401300, 0x6666, 0x900500};
    finding.release.addresses = moved;
    assert_int_equal(cst_audit_finding(&finding), key);
    modules[1] = before;
}

/* ---- whole lines in awkward moments ---- */

enum { THREADS = 4, LINES_A_THREAD = 200 };

static void *tell_many(void *unused)
{
    for (size_t i = 0; i < LINES_A_THREAD; i++) {
        tell(a_finding(CUSTODY_FINDING_DOUBLE_FREE));
    }
    return unused;
}

static void tell_from_threads(void)
{
    pthread_t threads[THREADS];
    cst_audit_open(log_path, "");
    for (size_t i = 0; i < THREADS; i++) {
        require(pthread_create(&threads[i], NULL, tell_many, NULL) == 0, 1);
    }
    for (size_t i = 0; i < THREADS; i++) {
        require(pthread_join(threads[i], NULL) == 0, 2);
    }
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    in_a_process(tell_from_threads);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), THREADS * LINES_A_THREAD);
}

static void tell_inside_a_line(void)
{
    cst_audit_open(log_path, "");
    struct cst_json *json = cst_line_begin("fork");
    cst_json_unsigned(json, "parent", 1);
    tell(a_finding(CUSTODY_FINDING_DOUBLE_FREE));
    cst_line_end(json);
    cst_audit_exit(&summary);
}

static void an_event_inside_a_line_is_dropped_and_counted(void **state)
{
    (void)state;
    in_a_process(tell_inside_a_line);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 2);
    expect_logged("\"dropped\":1");
}

static void tell_in_a_handler(int signal)
{
    (void)signal;
    tell(a_finding(CUSTODY_FINDING_DOUBLE_FREE));
}

static void be_signalled_inside_a_line(void)
{
    require(signal(SIGUSR1, tell_in_a_handler) != SIG_ERR, 1);
    cst_audit_open(log_path, "");
    struct cst_json *json = cst_line_begin("fork");
    require(raise(SIGUSR1) == 0, 2);
    cst_json_unsigned(json, "parent", 1);
    cst_line_end(json);
    require(write(STDERR_FILENO, "", 0) == 0, 3); /* where ThreadSanitizer, which delays signals, delivers it */
}

static void a_signal_waits_until_the_line_is_written(void **state)
{
    (void)state;
    in_a_process(be_signalled_inside_a_line);
    expect_valid_log();
    assert_non_null(strstr(strstr(logged, "\"event\":\"fork\""), "\"event\":\"finding\""));
}

static void fork_inside_a_line(void)
{
    cst_audit_open(log_path, "");
    tell(a_leak());
    struct cst_json *json = cst_line_begin("exec");
    cst_json_string(json, "file", "x");
    cst_json_open(json, "argv", '[');
    cst_json_close(json, ']');
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        cst_audit_fork(parent);
        tell(a_leak());
        _exit(0);
    }
    require(waitpid(child, NULL, 0) == child, 1);
    cst_line_end(json);
}

static void the_child_of_a_fork_begins_anew_whoever_was_writing(void **state)
{
    (void)state;
    in_a_process(fork_inside_a_line);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 4);
    assert_int_equal(count(logged, "\"seq\":1,"), 2);
}

static void *end_inside_a_line(void *unused)
{
    return cst_line_begin("fork") != NULL ? unused : NULL;
}

static void tell_after_a_thread_ended_inside_a_line(void)
{
    pthread_t thread;
    cst_audit_open(log_path, "");
    require(pthread_create(&thread, NULL, end_inside_a_line, NULL) == 0, 1);
    require(pthread_join(thread, NULL) == 0, 2);
    tell(a_leak());
}

static void a_thread_that_ended_inside_a_line_does_not_block_others(void **state)
{
    (void)state;
    in_a_process(tell_after_a_thread_ended_inside_a_line);
    expect_logged("\"kind\":\"leak\"");
}

/* ---- words ---- */

static void tell_without_a_log(void)
{
    cst_audit_open(NULL, NULL);
    cst_audit_start();
    cst_audit_module(&modules[0]);
    tell_every_kind();
    cst_audit_exit(&summary);
}

static void without_a_log_errors_and_warnings_are_said_on_stderr(void **state)
{
    (void)state;
    in_a_process(tell_without_a_log);
    assert_null(logged);
    assert_non_null(strstr(said,
                           "custody: error: cross-allocator-free: 24 bytes of rust (client) released with free by "
                           "libledger.so (c) [exact]\n"
                           "custody:   allocated at client+0x1235\n"
                           "custody:   released at libledger.so+0x1140 (ledger_free)\n"
                           "custody:   expected: the Rust allocator: "));
    assert_non_null(strstr(said, "custody: warning: cross-side-free: "));
    assert_non_null(strstr(said, ", given as 8 bytes, given as aligned to 4, made aligned to 8 [exact]\n"));
    assert_non_null(strstr(said, "custody:   released first at client+0x1235\n"));
    assert_non_null(strstr(said, "invalid-free: 0x1000 (stack) released with free by libledger.so (c) [exact]\n"));
    assert_non_null(strstr(said, "\ncustody: 3 errors, 2 warnings\n"));
    assert_null(strstr(said, "leak"));
    assert_null(strstr(said, "\"event\""));
}

static void exit_without_errors(void)
{
    struct cst_exit_summary good = summary;
    good.findings[CUSTODY_SEVERITY_ERROR] = 0;
    cst_audit_open("", NULL);
    cst_audit_exit(&good);
}

static void without_a_log_and_errors_the_exit_is_silent(void **state)
{
    (void)state;
    in_a_process(exit_without_errors);
    assert_string_equal(said, "");
}

static void each_kind_has_its_advice(void **state)
{
    (void)state;
    in_a_process(tell_everything);
    expect_logged("it came from; the owner is client (rust)\",\"thread\"");
    expect_logged("it came from; the size and alignment to give are those of the block: 24 and 8\"");
    expect_logged("it came from; the pointer to give is the start of the block, 16 bytes before this one\"");
    expect_logged("\"expect\":\"one release only, through the Rust allocator: ");
    expect_logged("\"expect\":\"nothing: memory on a stack ends with the function it belongs to\"");
    expect_logged("\"expect\":\"nothing: static data of a module lives as long as its module\"");
    expect_logged("\"expect\":\"munmap() by whoever mapped this memory\"");
    expect_logged("\"expect\":\"nothing: no block begins at this address of the heap\"");
    expect_logged(
        "\"expect\":\"nothing: no memory is mapped there; the pointer is stale, uninitialised or miscalculated\"");
    expect_logged(
        "\"expect\":\"the release function of the allocator that made it; Custody does not see that allocator\"");
}

static void open_an_impossible_log(void)
{
    cst_audit_open("/nonexistent/log", "");
    tell(a_finding(CUSTODY_FINDING_DOUBLE_FREE));
}

static void a_log_that_cannot_be_opened_is_said_with_setting_path_and_reason(void **state)
{
    (void)state;
    in_a_process(open_an_impossible_log);
    assert_non_null(strstr(said, "custody: setting 'log': cannot open '/nonexistent/log': No such file or directory; "
                                 "findings go to stderr\n"));
    assert_non_null(strstr(said, "custody: error: double-free: "));
}

static void say_after_stderr_was_taken(void)
{
    cst_audit_open(NULL, NULL);
    int theirs = open(log_path, O_RDWR | O_CREAT, 0600);
    require(dup2(theirs, STDERR_FILENO) == STDERR_FILENO, 1);
    cst_audit_say("this would damage a database");
    int sent = open(log_path, O_WRONLY | O_APPEND);
    require(dup2(sent, STDERR_FILENO) == STDERR_FILENO, 2);
    errno = 77;
    cst_audit_say("this is for the %s", "reader");
    require(errno == 77, 3);
}

static void a_database_in_place_of_stderr_is_left_alone_and_a_file_is_not(void **state)
{
    (void)state;
    in_a_process(say_after_stderr_was_taken);
    assert_string_equal(logged, "custody: this is for the reader\n");
}

static void say_without_stderr(void)
{
    close(STDERR_FILENO);
    cst_audit_open(NULL, NULL);
    require(open(log_path, O_RDWR | O_CREAT, 0600) == STDERR_FILENO, 1);
    cst_audit_say("nobody reads this");
}

static void a_closed_stderr_stays_silent(void **state)
{
    (void)state;
    in_a_process(say_without_stderr);
    assert_null(logged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_is_a_line_that_the_schema_accepts),
        TEST(a_finding_has_its_facts_in_the_order_of_the_format),
        TEST(frames_are_offsets_into_their_modules),
        TEST(a_symbol_of_absurd_length_is_left_out),
        TEST(tables_too_long_for_a_line_are_cut_and_marked),
        TEST(a_long_table_leaves_room_for_the_others),
        TEST(keys_depend_on_kind_and_sites_alone),
        TEST(keys_outlive_functions_that_move),
        TEST(keys_of_code_without_names_are_made_of_its_place_in_the_module),
        TEST(keys_of_leaks_tell_classes_and_holders_apart),
        TEST(keys_are_the_same_wherever_modules_are_loaded),
        TEST(lines_of_threads_do_not_mix),
        TEST(an_event_inside_a_line_is_dropped_and_counted),
        TEST(a_signal_waits_until_the_line_is_written),
        TEST(the_child_of_a_fork_begins_anew_whoever_was_writing),
        TEST(a_thread_that_ended_inside_a_line_does_not_block_others),
        TEST(without_a_log_errors_and_warnings_are_said_on_stderr),
        TEST(without_a_log_and_errors_the_exit_is_silent),
        TEST(each_kind_has_its_advice),
        TEST(a_log_that_cannot_be_opened_is_said_with_setting_path_and_reason),
        TEST(a_database_in_place_of_stderr_is_left_alone_and_a_file_is_not),
        TEST(a_closed_stderr_stays_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
