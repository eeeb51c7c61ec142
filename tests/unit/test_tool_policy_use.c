/* Use of policies: added up over processes and files, unused rules, policies that did not hold, rules as they read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy_error.h"
#include "policy_source.h"
#include "policy_use.h"
#include "policy_words.h"
#include "tool_log.h"

#include <inttypes.h>

#define RULE(line, word, count) "{\"line\":" #line ",\"rule\":\"" word "\",\"count\":" #count "}"
#define POLICY(file, digest, holds, errors, rules) \
    ",\"policy\":{\"file\":\"" file "\",\"holds\":" holds ",\"digest\":\"" digest "\",\"errors\":" #errors \
    ",\"rules\":[" rules "]}"
#define EXIT(pid, rest) EVENT("exit", pid, ",\"status\":0,\"how\":\"exit\"" rest)
#define ONE "0000000000000001"
#define TWO "0000000000000002"

/* What cst_policy_uses_print says of a log. */
static const char *said_of(const char *log_text, bool brief)
{
    static char said[4096];
    struct cst_log log = {0};
    struct cst_arena arena = {0};
    assert_true(read_text(&log, log_text));
    struct cst_policy_uses uses = cst_policy_uses_make(&arena, &log);
    memset(said, 0, sizeof said);
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    assert_non_null(out);
    cst_policy_uses_print(out, "> ", &uses, brief);
    fclose(out);
    cst_arena_free(&arena);
    cst_log_free(&log);
    return said;
}

static void uses_add_up_over_processes(void **state)
{
    (void)state;
    assert_string_equal(
        said_of(START(1) START(2) EXIT(1, POLICY("/x/p", ONE, "true", 0,
                                                 RULE(2, "allow", 0) "," RULE(3, "side", 0) "," RULE(9, "forbid", 4)))
                    EXIT(2, POLICY("/x/p", ONE, "true", 0,
                                   RULE(2, "allow", 3) "," RULE(3, "side", 0) "," RULE(9, "forbid", 0))),
                false),
        "> unused rule: /x/p:3: side\n");
    assert_string_equal(said_of(START(1) EXIT(1, POLICY("/x/p", ONE, "true", 0, RULE(2, "allow", 1))), false), "");
    assert_string_equal(said_of(START(1) EXIT(1, ""), false), "");
}

static void many_unused_rules_are_one_brief_line(void **state)
{
    (void)state;
    assert_string_equal(said_of(START(1) EXIT(1, POLICY("/x/p", ONE, "true", 0, RULE(2, "allow", 0))), true),
                        "> unused rule: /x/p:2: allow\n");
    assert_string_equal(said_of(START(1)
                                    EXIT(1, POLICY("/x/p", ONE, "true", 0,
                                                   RULE(2, "allow", 0) "," RULE(3, "allow", 1) "," RULE(4, "side", 0))),
                                true),
                        "> 2 unused rules in /x/p, lines 2, 4\n");
#define NINE \
    RULE(1, "allow", 0) \
    "," RULE(2, "allow", 0) "," RULE(3, "allow", 0) "," RULE(4, "allow", 0) "," RULE(5, "allow", 0) "," RULE( \
        6, "allow", 0) "," RULE(7, "allow", 0) "," RULE(8, "allow", 0) "," RULE(9, "allow", 0)
    assert_string_equal(said_of(START(1) EXIT(1, POLICY("/x/p", ONE, "true", 0, NINE)), true),
                        "> 9 unused rules in /x/p, lines 1, 2, 3, 4, 5, 6, 7, 8, ...\n");
}

static void files_are_told_apart_by_path_and_text(void **state)
{
    (void)state;
    assert_string_equal(said_of(START(1) START(2) START(3) EXIT(1, POLICY("/x/p", ONE, "true", 0, RULE(2, "allow", 0)))
                                    EXIT(2, POLICY("/x/p", TWO, "true", 0, RULE(2, "allow", 1)))
                                        EXIT(3, POLICY("/y/p", ONE, "true", 0, RULE(5, "allow", 0))),
                                false),
                        "> unused rule: /x/p:2: allow\n> unused rule: /y/p:5: allow\n");
}

static void a_policy_that_did_not_hold_is_told(void **state)
{
    (void)state;
    assert_string_equal(said_of(START(1) START(2) EXIT(1, POLICY("/x/p", ONE, "false", 2, ""))
                                    EXIT(2, POLICY("/y", TWO, "false", 0, "")),
                                true),
                        "> the policy /x/p did not hold in 1 process: it has errors; see `custody policy`\n"
                        "> the policy /y did not hold in 1 process: it could not be read\n");
}

static void who_was_killed_tells_by_findings_or_not_at_all(void **state)
{
    (void)state;
    assert_string_equal(
        said_of(START(1) START(2) FINDING(2, "cross-side-free", "error", "k", ",\"policy\":\"/x/p:3\"")
                    EXIT(1, POLICY("/x/p", ONE, "true", 0, RULE(2, "allow", 0) "," RULE(3, "forbid", 0))),
                false),
        "> unused rule: /x/p:2: allow\n> (1 process ended without telling what it used)\n");
}

/* A policy file with this text, read with its errors. */
static void read_file(struct cst_policy_source *source, char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_true(cst_policy_source_peek(source, path));
}

static void rules_are_quoted_from_the_file_that_held(void **state)
{
    (void)state;
    char path[] = "/tmp/custody-test-XXXXXX", log_text[1024], expected[256];
    struct cst_policy_source source = {0};
    read_file(&source, path, "# names\n  allow from=a # so\n");
    uint64_t digest = cst_policy_file_digest((struct cst_view){source.text, source.size});
    for (unsigned changed = 0; changed < 2; changed++) {
        snprintf(log_text, sizeof log_text,
                 START(1) "{\"v\":1,\"event\":\"exit\",\"pid\":1,\"seq\":2,\"t\":1.0,\"policy\":{\"file\":\"%s\","
                          "\"holds\":true,\"digest\":\"%016" PRIx64 "\",\"errors\":0,\"rules\":[%s]}}\n",
                 path, digest + changed, RULE(2, "allow", 0));
        snprintf(expected, sizeof expected, "> unused rule: %s:2: %s\n", path, changed ? "allow" : "allow from=a # so");
        assert_string_equal(said_of(log_text, false), expected);
    }
    cst_policy_source_free(&source);
    unlink(path);
}

static const char *words_of(const char *text)
{
    static char said[512];
    char path[] = "/tmp/custody-test-XXXXXX";
    struct cst_policy_source source = {0};
    read_file(&source, path, text);
    unlink(path);
    assert_int_equal(source.errors, 0);
    assert_int_equal(source.count, 1);
    memset(said, 0, sizeof said);
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    assert_non_null(out);
    cst_policy_words_print(out, &source.rules[0]);
    fclose(out);
    cst_policy_source_free(&source);
    return said;
}

static void rules_read_as_sentences(void **state)
{
    (void)state;
    assert_string_equal(words_of("side crypto module=libcrypto.so* lang=c"),
                        "what libcrypto.so* does in c belongs to the side crypto");
    assert_string_equal(words_of("side rust lang=rust"), "what any module does in rust belongs to the side rust");
    assert_string_equal(words_of("isolate crypto"), "the side crypto has a heap of its own");
    assert_string_equal(words_of("forbid to=crypto"), "an error: a block of any side, released by crypto");
    assert_string_equal(
        words_of("allow from=a from-lang=c from-module=/m from-contract=malloc from-function=f to=b "
                 "to-lang=rust to-module=/n to-contract=rust to-function=g call=__rust_dealloc"),
        "fine: a block of a in c in the module /m, made under the contract malloc, made in or below f, "
        "released by b in rust in the module /n with __rust_dealloc, under the contract rust, in or below g");
    assert_string_equal(words_of("allow from=a contract=new"),
                        "fine: a block of a, released by any side; both under the contract new");
}

static void complain(const struct cst_policy_error *error, void *data)
{
    cst_policy_error_print(data, "p", error);
}

static const char *errors_of(const char *text)
{
    static char said[2048];
    struct cst_policy_rule rules[4];
    size_t errors = 0;
    memset(said, 0, sizeof said);
    FILE *out = fmemopen(said, sizeof said - 1, "w");
    assert_non_null(out);
    (void)cst_policy_file_read(cst_view_of(text), rules, 4, complain, out, &errors);
    fclose(out);
    return said;
}

static void errors_show_the_line_and_the_place(void **state)
{
    (void)state;
    assert_string_equal(errors_of("\n\tforbid from=a to\n"), "p:2:16: 'to' is not NAME=VALUE\n"
                                                             "    2 |  forbid from=a to\n"
                                                             "      |                ^~\n");
    assert_string_equal(errors_of("isolate"), "p:1:8: the name of a side should follow\n"
                                              "    1 | isolate\n"
                                              "      |        ^\n");
    /* The mark counts characters, the column bytes. */
    assert_string_equal(errors_of("isolate \xc3\xa9\xc3\xa9 x"), "p:1:14: isolate takes one name\n"
                                                                 "    1 | isolate \xc3\xa9\xc3\xa9 x\n"
                                                                 "      |            ^\n");
}

static void errors_do_not_pass_control_characters_on(void **state)
{
    (void)state;
    assert_string_equal(errors_of("# \x1b[2J\x9b"), "p:1:3: the line has a control character in it\n"
                                                    "    1 | # ?[2J?\n"
                                                    "      |   ^\n");
}

static void of_a_long_line_the_part_around_the_place_is_shown(void **state)
{
    (void)state;
    char text[512] = "allow from=";
    memset(text + 11, 'a', 200);
    strcpy(text + 211, " to");
    const char *said = errors_of(text);
    char expected[512];
    snprintf(expected, sizeof expected, "p:1:213: 'to' is not NAME=VALUE\n    1 | %.59s to\n      | %60s^~\n",
             text + 152, "");
    assert_string_equal(said, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uses_add_up_over_processes),
        cmocka_unit_test(many_unused_rules_are_one_brief_line),
        cmocka_unit_test(files_are_told_apart_by_path_and_text),
        cmocka_unit_test(a_policy_that_did_not_hold_is_told),
        cmocka_unit_test(who_was_killed_tells_by_findings_or_not_at_all),
        cmocka_unit_test(rules_are_quoted_from_the_file_that_held),
        cmocka_unit_test(rules_read_as_sentences),
        cmocka_unit_test(errors_show_the_line_and_the_place),
        cmocka_unit_test(errors_do_not_pass_control_characters_on),
        cmocka_unit_test(of_a_long_line_the_part_around_the_place_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
