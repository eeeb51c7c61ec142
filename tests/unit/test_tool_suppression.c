/* Suppressions: lines of both kinds, what they match, maximums, what is wrong with a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "suppression_file.h"
#include "suppression_line.h"
#include "tool_log.h"

#define FRAME(module, offset) "{\"module\":" #module ",\"offset\":\"" #offset "\"}"
#define MODULE(id, path) EVENT("module", 1, ",\"id\":" #id ",\"path\":\"" path "\",\"build_id\":null")
#define OWNER(side, lang) ",\"owner\":{\"side\":\"" side "\",\"lang\":\"" lang "\"}"
#define LEAK(key, blocks, side, lang, frame) \
    FINDING(1, "leak", "error", key, \
            OWNER(side, lang) ",\"class\":\"definite\",\"blocks\":" #blocks ",\"bytes\":10,\"alloc\":[" frame "]")
#define CALL(offset, function, file) \
    "{\"offset\":\"" #offset "\",\"calls\":[{\"function\":\"" function "\",\"file\":\"" file "\",\"line\":3}]}"
#define SYMBOLS(module, frames) EVENT("symbols", 9, ",\"module\":\"" module "\",\"frames\":[" frames "]")

/* A leak of the program, one of a library, one of a crate, and a double free. */
static const char some_findings[] = START(1) MODULE(0, "/nowhere/client") MODULE(1, "/nowhere/libledger.so.1")
    LEAK("a", 1, "client", "c", FRAME(0, 0x10)) LEAK("b", 5, "libledger.so.1", "c",
                                                     FRAME(1, 0x10)) LEAK("c", 1, "client", "rust", FRAME(0, 0x20))
        FINDING(1, "double-free", "error", "d",
                OWNER("client", "c") ",\"release\":[" FRAME(0, 0x30) "],\"alloc\":[" FRAME(0, 0x40) "]")
            SYMBOLS("/nowhere/client",
                    CALL(0x10, "parse_table(int)", "/src/lib/parse.c") "," CALL(
                        0x20, "<parser::table::Table>::insert",
                        "/src/table.rs") "," CALL(0x30, "release", "/src/main.c") "," CALL(0x40, "make", "/src/main.c"))
                SYMBOLS("/nowhere/libledger.so.1", CALL(0x10, "ledger_open", "/src/ledger.c"));

struct fixture {
    struct cst_log log;
    struct cst_groups groups;
    struct cst_symbols *symbols;
    struct cst_suppressions suppressions;
};

static int prepare(void **state)
{
    static struct fixture fixture;
    assert_true(read_text(&fixture.log, some_findings));
    fixture.groups = cst_groups_make(&fixture.log);
    fixture.symbols = cst_symbols_new();
    *state = &fixture;
    return 0;
}

static int release(void **state)
{
    struct fixture *fixture = *state;
    cst_suppressions_free(&fixture->suppressions);
    cst_symbols_free(fixture->symbols);
    cst_groups_free(&fixture->groups);
    cst_log_free(&fixture->log);
    return 0;
}

static bool read_file(struct fixture *fixture, const char *text)
{
    char path[] = "/tmp/custody-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    bool ok = cst_suppression_file_read(&fixture->suppressions, "test", path);
    unlink(path);
    return ok;
}

/* The keys of what the file suppresses, in the order of the log. */
static const char *suppressed(void **state, const char *text)
{
    static char keys[8];
    struct fixture *fixture = *state;
    size_t count = 0;
    cst_suppressions_free(&fixture->suppressions);
    for (size_t i = 0; i < fixture->groups.count; i++) {
        fixture->groups.items[i].suppressed_by = NULL;
    }
    assert_true(read_file(fixture, text));
    cst_suppressions_apply(&fixture->suppressions, &fixture->groups, fixture->symbols);
    for (size_t i = 0; i < fixture->groups.count; i++) {
        if (fixture->groups.items[i].suppressed_by) {
            keys[count++] = fixture->groups.items[i].first->key[0];
        }
    }
    keys[count] = '\0';
    return keys;
}

static void sanitizers_lines_match_function_file_or_module_of_leaks(void **state)
{
    assert_string_equal(suppressed(state, "leak:parse_table\n"), "a");
    assert_string_equal(suppressed(state, "leak:^ledger_open$\n"), "b");
    assert_string_equal(suppressed(state, "leak:lib/parse\n"), "a");
    assert_string_equal(suppressed(state, "leak:libledger\n"), "b");
    assert_string_equal(suppressed(state, "leak:release\n"), "");
    assert_string_equal(suppressed(state, "# known\n\n  leak:parse \t\r\nrace:foo\ninterceptor_via_fun:bar\n"), "ac");
}

static void lines_match_by_kind(void **state)
{
    assert_string_equal(suppressed(state, "leak\n"), "abc");
    assert_string_equal(suppressed(state, "double-free # of old\n"), "d");
}

static void lines_match_by_what_one_call_is(void **state)
{
    assert_string_equal(suppressed(state, "* function=parse_table\n"), "a");
    assert_string_equal(suppressed(state, "* function=release\n"), "d");
    assert_string_equal(suppressed(state, "* function=make\n"), "d");
    assert_string_equal(suppressed(state, "* source=lib/*.c\n"), "a");
    assert_string_equal(suppressed(state, "* module=libledger.so.*\n"), "b");
    assert_string_equal(suppressed(state, "* function=ledger_open module=client\n"), "");
    assert_string_equal(suppressed(state, "* function=make source=main.c module=/nowhere/client\n"), "d");
    assert_string_equal(suppressed(state, "leak function=\"<parser::*>::insert\"\n"), "c");
}

#define MOMENT(deed, side, frame) \
    "{\"deed\":\"" deed "\",\"by\":{\"side\":\"" side "\",\"lang\":\"c\"},\"stack\":[" frame "]}"
#define HANDLE(key, type, side) \
    FINDING(1, "handle-leak", "error", key, \
            ",\"type\":\"" type "\",\"history\":[" MOMENT("made", side, FRAME(0, 0x10)) "]")

static void lines_match_by_type_and_history(void **state)
{
    struct fixture *fixture = *state;
    cst_groups_free(&fixture->groups);
    assert_true(read_text(&fixture->log, START(1) MODULE(0, "/nowhere/client") HANDLE("x", "session", "client")
                                             HANDLE("y", "cursor", "libledger.so.1")
                                                 SYMBOLS("/nowhere/client", CALL(0x10, "open_it", "/src/open.c"))));
    fixture->groups = cst_groups_make(&fixture->log);
    assert_string_equal(suppressed(state, "* type=session\n"), "x");
    assert_string_equal(suppressed(state, "handle-leak type=*s*r\n"), "y");
    assert_string_equal(suppressed(state, "leak type=session\n"), "");
    assert_string_equal(suppressed(state, "* type=*\n"), "xy");
    assert_string_equal(suppressed(state, "handle-leak side=libledger*\n"), "y");
    assert_string_equal(suppressed(state, "* function=open_it type=cursor\n"), "y");
    assert_string_equal(suppressed(state, "* source=open.c\n"), "xy");
}

static void lines_match_by_side_and_crate(void **state)
{
    assert_string_equal(suppressed(state, "leak side=client\n"), "ac");
    assert_string_equal(suppressed(state, "* side=libledger*\n"), "b");
    assert_string_equal(suppressed(state, "* crate=parser\n"), "c");
    assert_string_equal(suppressed(state, "* crate=parse\n"), "");
}

static void the_first_line_that_matches_takes_a_finding(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(suppressed(state, "leak side=client\nleak\nleak crate=parser\n"), "abc");
    assert_int_equal(fixture->suppressions.items[0].findings, 2);
    assert_int_equal(fixture->suppressions.items[1].findings, 1);
    assert_int_equal(fixture->suppressions.items[2].findings, 0);
}

static void more_than_the_maximum_is_not_suppressed(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(suppressed(state, "leak side=libledger* max=5\n"), "b");
    assert_string_equal(suppressed(state, "leak side=libledger* max=4\n"), "");
    assert_true(cst_suppression_is_exceeded(&fixture->suppressions.items[0]));
    assert_int_equal(fixture->suppressions.items[0].times, 5);
    assert_string_equal(suppressed(state, "double-free max=1\n"), "d");
}

static void suppressed_findings_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    assert_true(cst_groups_reach(&fixture->groups, CUSTODY_SEVERITY_ERROR));
    assert_string_equal(suppressed(state, "leak\ndouble-free\n"), "abcd");
    assert_false(cst_groups_reach(&fixture->groups, CUSTODY_SEVERITY_NOTE));
    assert_int_equal(cst_groups_count(&fixture->groups, CUSTODY_SEVERITY_ERROR), 0);
}

static void values_with_blanks_are_quoted(void **state)
{
    struct fixture *fixture = *state;
    struct cst_suppression line = {0};
    struct cst_line_error error;
    assert_true(cst_suppression_line_read(&fixture->suppressions.arena, "leak function=\"a \\\"b\\\" \\\\*\" side=x",
                                          &line, &error));
    assert_string_equal(line.function, "a \"b\" \\\\*");
    assert_string_equal(line.side, "x");
}

static void wrong_lines_are_refused_at_their_column(void **state)
{
    static const struct {
        const char *line;
        size_t column;
    } wrong[] = {
        {"leek function=x", 1},
        {"leak function", 6},
        {"leak  colour=red", 7},
        {"leak function=", 15},
        {"leak side=\"a", 11},
        {"leak side=\"a\"b", 14},
        {"leak side=a side=b", 13},
        {"leak max=many", 10},
        {"leak max=99999999999999999999", 10},
        {"leak max=-1", 10},
        {"*", 2},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cst_suppression line = {0};
        struct cst_line_error error = {0};
        assert_false(cst_suppression_line_read(&fixture->suppressions.arena, wrong[i].line, &line, &error));
        assert_int_equal(error.column, wrong[i].column);
        assert_true(strlen(error.why) > 0);
    }
}

static void wrong_files_are_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_false(read_file(fixture, "leak:x\nleek:y\n"));
    assert_false(read_file(fixture, "{\n  a Valgrind suppression\n  Memcheck:Leak\n}\n"));
    assert_false(read_file(fixture, "\"\n"));
    assert_false(cst_suppression_file_read(&fixture->suppressions, "test", "/nowhere/at/all"));
    assert_false(cst_suppression_file_read(&fixture->suppressions, "test", "/"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sanitizers_lines_match_function_file_or_module_of_leaks),
        TEST(lines_match_by_kind),
        TEST(lines_match_by_what_one_call_is),
        TEST(lines_match_by_side_and_crate),
        TEST(lines_match_by_type_and_history),
        TEST(the_first_line_that_matches_takes_a_finding),
        TEST(more_than_the_maximum_is_not_suppressed),
        TEST(suppressed_findings_do_not_count),
        TEST(values_with_blanks_are_quoted),
        TEST(wrong_lines_are_refused_at_their_column),
        TEST(wrong_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
