/* Policy files: what rules are read, and each thing that is wrong with its line and column; any bytes at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/file.h"

#define RULES 8

/* What came of a text. */
struct outcome {
    struct cst_policy_rule rules[RULES];
    size_t count, errors;
    char said[2048]; /* "LINE:COLUMN+LENGTH: WHY\n" for each error */
};

static void note(const struct cst_policy_error *error, void *data)
{
    struct outcome *outcome = data;
    size_t used = strlen(outcome->said);
    snprintf(outcome->said + used, sizeof outcome->said - used, "%u:%u+%u: %s\n", error->line, error->column,
             error->length, error->why);
}

static struct outcome read_bytes(const char *bytes, size_t size)
{
    struct outcome outcome = {.count = 0};
    struct cst_view text = {.bytes = bytes, .length = size};
    size_t bound = cst_policy_file_bound(text);
    assert_in_range(bound, 0, RULES);
    outcome.count = cst_policy_file_read(text, outcome.rules, bound, note, &outcome, &outcome.errors);
    return outcome;
}

static struct outcome read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void assert_view(struct cst_view view, const char *expected)
{
    assert_non_null(view.bytes);
    assert_int_equal(view.length, strlen(expected));
    assert_memory_equal(view.bytes, expected, view.length);
}

static struct cst_policy_rule only_rule(const char *text)
{
    struct outcome outcome = read_text(text);
    assert_string_equal(outcome.said, "");
    assert_int_equal(outcome.count, 1);
    return outcome.rules[0];
}

/* The text is wrong in one place, and this is said of it. */
static void assert_wrong(const char *text, const char *said)
{
    struct outcome outcome = read_text(text);
    assert_string_equal(outcome.said, said);
    assert_int_equal(outcome.errors, 1);
}

static void a_crossing_is_described_by_its_fields(void **state)
{
    (void)state;
    struct cst_policy_rule rule = only_rule("allow from=libxml2.so* to=app contract=malloc to-function=xmlFree*\n");
    assert_int_equal(rule.verb, CST_POLICY_ALLOW);
    assert_int_equal(rule.line, 1);
    assert_view(rule.text, "allow from=libxml2.so* to=app contract=malloc to-function=xmlFree*");
    assert_view(rule.fields[CST_POLICY_FROM], "libxml2.so*");
    assert_view(rule.fields[CST_POLICY_TO], "app");
    assert_view(rule.fields[CST_POLICY_CONTRACT], "malloc");
    assert_view(rule.fields[CST_POLICY_TO_FUNCTION], "xmlFree*");
    assert_false(cst_policy_says(&rule, CST_POLICY_CALL));
    assert_false(cst_policy_says(&rule, CST_POLICY_FROM_CONTRACT));
    assert_null(rule.name.bytes);
}

static void every_field_of_a_crossing_is_known(void **state)
{
    (void)state;
    struct cst_policy_rule rule =
        only_rule("forbid from=1 to=2 call=free from-lang=c to-lang=c++ from-module=5 to-module=6 from-contract=new* "
                  "to-contract=rust from-function=9 to-function=10");
    assert_int_equal(rule.verb, CST_POLICY_FORBID);
    assert_view(rule.fields[CST_POLICY_CALL], "free");
    assert_view(rule.fields[CST_POLICY_FROM_LANG], "c");
    assert_view(rule.fields[CST_POLICY_TO_LANG], "c++");
    assert_view(rule.fields[CST_POLICY_FROM_MODULE], "5");
    assert_view(rule.fields[CST_POLICY_TO_MODULE], "6");
    assert_view(rule.fields[CST_POLICY_FROM_CONTRACT], "new*");
    assert_view(rule.fields[CST_POLICY_TO_CONTRACT], "rust");
    assert_view(rule.fields[CST_POLICY_FROM_FUNCTION], "9");
    assert_view(rule.fields[CST_POLICY_TO_FUNCTION], "10");
}

static void a_side_is_named_and_isolated(void **state)
{
    (void)state;
    struct outcome outcome =
        read_text("# ours\n\n  side crypto module=libcrypto.so* lang=c # all of it\n\tisolate crypto\n");
    assert_string_equal(outcome.said, "");
    assert_int_equal(outcome.count, 2);
    assert_int_equal(outcome.rules[0].verb, CST_POLICY_SIDE);
    assert_int_equal(outcome.rules[0].line, 3);
    assert_view(outcome.rules[0].name, "crypto");
    assert_view(outcome.rules[0].fields[CST_POLICY_MODULE], "libcrypto.so*");
    assert_view(outcome.rules[0].fields[CST_POLICY_LANG], "c");
    assert_view(outcome.rules[0].text, "side crypto module=libcrypto.so* lang=c # all of it");
    assert_int_equal(outcome.rules[1].verb, CST_POLICY_ISOLATE);
    assert_int_equal(outcome.rules[1].line, 4);
    assert_view(outcome.rules[1].name, "crypto");
}

static void quotes_keep_the_escapes_of_globs(void **state)
{
    (void)state;
    struct cst_policy_rule rule = only_rule("side \"the crypto part\" module=\"/opt/my \\\"lib\\\"/x#=.so\\\\\" #1");
    assert_view(rule.name, "the crypto part");
    assert_view(rule.fields[CST_POLICY_MODULE], "/opt/my \\\"lib\\\"/x#=.so\\\\");
}

static void a_hash_begins_a_comment_only_where_a_word_begins(void **state)
{
    (void)state;
    struct cst_policy_rule rule = only_rule("allow from=a#b #to=c");
    assert_view(rule.fields[CST_POLICY_FROM], "a#b");
    assert_false(cst_policy_says(&rule, CST_POLICY_TO));
}

static void line_breaks_of_other_systems_and_marks_of_editors_are_no_errors(void **state)
{
    (void)state;
    struct outcome outcome = read_text("\xef\xbb\xbf"
                                       "allow to=a\r\n\r\nisolate b\r\n# end\r");
    assert_string_equal(outcome.said, "");
    assert_int_equal(outcome.count, 2);
    assert_view(outcome.rules[0].fields[CST_POLICY_TO], "a");
    assert_view(outcome.rules[1].name, "b");
    assert_int_equal(outcome.rules[1].line, 3);
}

static void names_may_be_in_any_script(void **state)
{
    (void)state;
    assert_view(only_rule("isolate r\xc3\xa9seau").name, "r\xc3\xa9seau");
}

static void nothing_is_no_rule(void **state)
{
    (void)state;
    assert_int_equal(read_text("").count, 0);
    assert_int_equal(read_text("\n \t\n#allow\n   # x").count, 0);
}

static void unknown_words_are_told_with_those_that_there_are(void **state)
{
    (void)state;
    assert_wrong("alow from=a\n", "1:1+4: no rule begins with 'alow'; there are side, isolate, allow and forbid\n");
    assert_wrong("\n  permit\n", "2:3+6: no rule begins with 'permit'; there are side, isolate, allow and forbid\n");
    assert_wrong("side a module=x from=b", "1:17+4: side has no field 'from'; it has module, lang\n");
    assert_wrong("allow module=x", "1:7+6: allow has no field 'module'; it has from, to, contract, call, from-lang, "
                                   "to-lang, from-module, to-module, from-contract, to-contract, from-function, "
                                   "to-function\n");
    assert_wrong("allow from to=x", "1:7+4: 'from' is not NAME=VALUE\n");
    assert_wrong("forbid \"from\"=x", "1:8+6: forbid has no field '\"from\"'; it has from, to, contract, call, "
                                      "from-lang, to-lang, from-module, to-module, from-contract, to-contract, "
                                      "from-function, to-function\n");
}

static void values_that_nothing_can_have_are_told(void **state)
{
    (void)state;
    assert_wrong("forbid from-lang=ruts", "1:18+4: no language 'ruts'; there are c, c++, rust, unknown\n");
    assert_wrong("forbid to-lang=\"\"", "1:16+2: a value is missing\n");
    assert_wrong("forbid to=", "1:11+0: a value is missing\n");
    assert_wrong("forbid to= from=a", "1:11+0: a value is missing\n");
    assert_wrong("forbid call=fre",
                 "1:13+3: no function that releases is called 'fre'; they are called as in findings, "
                 "such as free, realloc, _ZdlPv, __rust_dealloc\n");
    assert_wrong("forbid call=malloc", "1:13+6: no function that releases is called 'malloc'; they are called as in "
                                       "findings, such as free, realloc, _ZdlPv, __rust_dealloc\n");
    assert_int_equal(read_text("forbid call=_Zd*").errors, 0);
    assert_int_equal(read_text("forbid call=realloc").errors, 0);
}

static void contracts_are_told_with_those_that_there_are(void **state)
{
    (void)state;
    struct outcome outcome = read_text("forbid contract=mallok");
    static const char begins[] = "1:17+6: no contract 'mallok'; there are malloc, new, new[], rust";
    assert_memory_equal(outcome.said, begins, strlen(begins));
    assert_int_equal(read_text("forbid contract=unknown").errors, 1);
}

static void fields_stand_once(void **state)
{
    (void)state;
    static const char both[] = ": 'contract' is both 'from-contract' and 'to-contract'; say the one or the others\n";
    char said[160];
    assert_wrong("allow to=a to=b", "1:12+2: to stands here twice\n");
    snprintf(said, sizeof said, "1:23+13: from-contract%s", both);
    assert_wrong("allow contract=malloc from-contract=new", said);
    snprintf(said, sizeof said, "1:24+8: contract%s", both);
    assert_wrong("allow to-contract=rust contract=rust", said);
}

static void quotes_end_and_are_followed_by_a_blank(void **state)
{
    (void)state;
    assert_wrong("allow from=\"a b", "1:12+1: no quote ends this value\n");
    assert_wrong("allow from=\"", "1:12+1: no quote ends this value\n");
    assert_wrong("allow from=\"a\\\"", "1:12+1: no quote ends this value\n");
    assert_wrong("allow from=\"a\\", "1:12+1: no quote ends this value\n");
    assert_wrong("allow from=\"a\"to=b", "1:15+0: a blank or the end of the line should follow the quote\n");
}

static void names_of_sides_are_checked(void **state)
{
    (void)state;
    static const char no[] = "the name of a side has no comma, star, question mark, backslash or quote in it\n";
    char said[160], text[160];
    assert_wrong("isolate", "1:8+0: the name of a side should follow\n");
    assert_wrong("side  # crypto", "1:7+0: the name of a side should follow\n");
    assert_wrong("side module=x", "1:6+8: the name of a side should stand here, before any NAME=VALUE\n");
    assert_wrong("isolate unknown", "1:9+7: 'unknown' stands for callers that cannot be told; no side has this name\n");
    for (const char *byte = ",*?\\"; *byte; byte++) {
        snprintf(text, sizeof text, "isolate a%cb", *byte);
        snprintf(said, sizeof said, "1:10+1: %s", no);
        assert_wrong(text, said);
    }
    snprintf(text, sizeof text, "isolate %0101d", 0);
    assert_wrong(text, "1:9+101: the name of a side has at most 100 bytes\n");
    snprintf(text, sizeof text, "isolate %0100d", 0);
    assert_int_equal(read_text(text).errors, 0);
    assert_view(only_rule("isolate \"a=b\"").name, "a=b");
}

static void rules_say_enough_and_no_more(void **state)
{
    (void)state;
    assert_wrong("isolate a b", "1:11+1: isolate takes one name\n");
    assert_wrong("side a # module=x", "1:8+0: what belongs to the side should follow: module=GLOB, lang=LANGUAGE or "
                                      "both\n");
    assert_wrong("  allow", "1:3+5: 'allow' alone would allow every crossing; name a field\n");
    assert_wrong("forbid # all", "1:1+6: 'forbid' alone would forbid every crossing; name a field\n");
    assert_wrong("allow from-contract=* to-contract=rust",
                 "1:21+1: an allocator is allowed by its name; '*' would allow any mix of them\n");
    assert_wrong("allow from-contract=rust to-contract=**",
                 "1:38+2: an allocator is allowed by its name; '*' would allow any mix of them\n");
    assert_wrong("forbid to=unknown", "1:11+7: nothing is held against callers that cannot be told\n");
    assert_int_equal(read_text("allow to=unknown").errors, 0);
    assert_int_equal(read_text("forbid from-contract=* to-contract=*").errors, 0);
}

static void all_errors_are_told_in_order(void **state)
{
    (void)state;
    struct outcome outcome = read_text("alow\nisolate a\nforbid\nallow to=b\nside\n");
    assert_int_equal(outcome.errors, 3);
    assert_int_equal(outcome.count, 2);
    assert_string_equal(outcome.said, "1:1+4: no rule begins with 'alow'; there are side, isolate, allow and forbid\n"
                                      "3:1+6: 'forbid' alone would forbid every crossing; name a field\n"
                                      "5:5+0: the name of a side should follow\n");
}

static void bytes_that_are_no_text_are_told_where_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *said;
    } cases[] = {
        {"allow \0to=a", 11, "1:7+1: the line has a NUL in it\n"},
        {"# fine\n# \x1b[2J", 13, "2:3+1: the line has a control character in it\n"},
        {"# a\rb", 5, "1:4+1: the line has a control character in it\n"},
        {"# \xc2\x9b", 4, "1:3+1: the line has a control character in it\n"},
        {"# \x7f", 3, "1:3+1: the line has a control character in it\n"},
        {"# \xff", 3, "1:3+1: this is not UTF-8\n"},
        {"\xff\xfe#\0", 4, "1:1+1: this is not UTF-8\n"},
        {"# \xc3", 3, "1:3+1: this is not UTF-8\n"}, /* ends within a character */
        {"# \xc3\n", 4, "1:3+1: this is not UTF-8\n"},
        {"# \xc0\x80", 4, "1:3+1: this is not UTF-8\n"},         /* overlong */
        {"# \xe0\x80\x80", 5, "1:3+1: this is not UTF-8\n"},     /* overlong */
        {"# \xf0\x80\x80\x80", 6, "1:3+1: this is not UTF-8\n"}, /* overlong */
        {"# \xed\xa0\x80", 5, "1:3+1: this is not UTF-8\n"},     /* a surrogate */
        {"# \xf4\x90\x80\x80", 6, "1:3+1: this is not UTF-8\n"}, /* past the last character */
        {"# \xe2\x82x", 5, "1:3+1: this is not UTF-8\n"},
        {"# \x80", 3, "1:3+1: this is not UTF-8\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome outcome = read_bytes(cases[i].bytes, cases[i].size);
        assert_string_equal(outcome.said, cases[i].said);
    }
    assert_int_equal(read_text("# \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xed\x9f\xbf \xf4\x8f\xbf\xbf\n").errors, 0);
}

static void lines_have_a_bound(void **state)
{
    (void)state;
    static char text[CST_POLICY_LINE_MAX + 3];
    memset(text, '#', sizeof text);
    assert_int_equal(read_bytes(text, CST_POLICY_LINE_MAX).errors, 0);
    assert_string_equal(read_bytes(text, CST_POLICY_LINE_MAX + 1).said,
                        "1:4097+0: the line is longer than 4096 bytes\n");
    text[CST_POLICY_LINE_MAX] = '\r';
    assert_int_equal(read_bytes(text, CST_POLICY_LINE_MAX + 1).errors, 0);
}

static void quoted_pieces_in_messages_are_short_and_whole_characters(void **state)
{
    (void)state;
    char text[160] = "x";
    for (int i = 0; i < 40; i++)
        strcat(text, "\xc3\xa9");
    struct outcome outcome = read_text(text);
    char said[256] = "1:1+81: no rule begins with 'x";
    for (int i = 0; i < 29; i++)
        strcat(said, "\xc3\xa9");
    strcat(said, "...'; there are side, isolate, allow and forbid\n");
    assert_string_equal(outcome.said, said);
}

static void rules_have_a_bound(void **state)
{
    (void)state;
    static const char rule[] = "allow to=a\n";
    size_t length = strlen(rule), lines = CST_POLICY_RULES_MAX + 2;
    char *text = malloc(lines * length + 1);
    struct cst_policy_rule *rules = calloc(CST_POLICY_RULES_MAX, sizeof *rules);
    assert_true(text && rules);
    for (size_t i = 0; i < lines; i++)
        memcpy(text + i * length, rule, length + 1);
    struct cst_view view = cst_view_of(text);
    struct outcome outcome = {.count = 0};
    size_t bound = cst_policy_file_bound(view);
    assert_int_equal(bound, CST_POLICY_RULES_MAX);
    assert_int_equal(cst_policy_file_read(view, rules, bound, note, &outcome, &outcome.errors), CST_POLICY_RULES_MAX);
    assert_string_equal(outcome.said, "4097:1+0: these are too many rules; a file has at most 4096\n");
    free(rules);
    free(text);
}

/* Whatever the bytes, nothing is read outside of them: each text ends where its memory does. */
static void any_bytes_are_read_within_their_bounds(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "side \"a b\" module=\"lib*\" lang=c # x\n", "allow from=a to=\"b\\\"c\" contract=malloc\r\n",
        "forbid from-contract=rust to-contract=malloc call=free\n", "isolate \xc3\xa9\n\n#\n"};
    uint32_t random = 12345;
    for (int round = 0; round < 20000; round++) {
        const char *seed = seeds[round % 4];
        size_t length = strlen(seed);
        random = random * 1664525 + 1013904223;
        size_t cut = random % (length + 1);
        char *bytes = malloc(cut ? cut : 1);
        assert_non_null(bytes);
        memcpy(bytes, seed, cut);
        for (int change = 0; change < round % 3 && cut > 0; change++) {
            random = random * 1664525 + 1013904223;
            bytes[random / 256 % cut] = (char)(random >> 24);
        }
        struct outcome outcome = read_bytes(bytes, cut);
        for (size_t i = 0; i < outcome.count; i++)
            assert_true(outcome.rules[i].text.bytes >= bytes &&
                        outcome.rules[i].text.bytes + outcome.rules[i].text.length <= bytes + cut);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crossing_is_described_by_its_fields),
        cmocka_unit_test(every_field_of_a_crossing_is_known),
        cmocka_unit_test(a_side_is_named_and_isolated),
        cmocka_unit_test(quotes_keep_the_escapes_of_globs),
        cmocka_unit_test(a_hash_begins_a_comment_only_where_a_word_begins),
        cmocka_unit_test(line_breaks_of_other_systems_and_marks_of_editors_are_no_errors),
        cmocka_unit_test(names_may_be_in_any_script),
        cmocka_unit_test(nothing_is_no_rule),
        cmocka_unit_test(unknown_words_are_told_with_those_that_there_are),
        cmocka_unit_test(values_that_nothing_can_have_are_told),
        cmocka_unit_test(contracts_are_told_with_those_that_there_are),
        cmocka_unit_test(fields_stand_once),
        cmocka_unit_test(quotes_end_and_are_followed_by_a_blank),
        cmocka_unit_test(names_of_sides_are_checked),
        cmocka_unit_test(rules_say_enough_and_no_more),
        cmocka_unit_test(all_errors_are_told_in_order),
        cmocka_unit_test(bytes_that_are_no_text_are_told_where_they_stand),
        cmocka_unit_test(lines_have_a_bound),
        cmocka_unit_test(quoted_pieces_in_messages_are_short_and_whole_characters),
        cmocka_unit_test(rules_have_a_bound),
        cmocka_unit_test(any_bytes_are_read_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
