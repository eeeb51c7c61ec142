/* Keys by function and line, plain names of functions, and how findings of two logs stand to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "finding_index.h"
#include "function_name.h"
#include "site_key.h"
#include "tool_log.h"

#define MODULE EVENT("module", 1, ",\"id\":0,\"path\":\"/nowhere/client\",\"build_id\":\"ab\"")
#define FRAME(offset) "{\"module\":0,\"offset\":\"" #offset "\"}"
#define LEAK_OF(side, class, key, bytes, frames) \
    FINDING(1, "leak", "error", key, \
            ",\"owner\":{\"side\":\"" side "\",\"lang\":\"c\"},\"class\":\"" class "\",\"blocks\":1,\"bytes\":" #bytes \
                                                                                   ",\"alloc\":[" frames "]")
#define LEAK(key, bytes, frames) LEAK_OF("client", "definite", key, bytes, frames)
#define CALL(function, line, inlined) "{\"function\":\"" function "\",\"line\":" #line ",\"inlined\":" #inlined "}"
#define CALLS(offset, calls) "{\"offset\":\"" #offset "\",\"calls\":[" calls "]}"
#define SYMBOLS(frames) \
    EVENT("symbols", 9, ",\"module\":\"/nowhere/client\",\"build_id\":\"ab\",\"frames\":[" frames "]")

/* A leak in make(), called by main(): as it was, and as another build has it, inlined and elsewhere in the file. */
#define BEFORE SYMBOLS(CALLS(0x10, CALL("make", 7, false)) "," CALLS(0x20, CALL("main", 20, false)))
#define AFTER \
    SYMBOLS(CALLS(0x99, CALL("make.constprop.0", 7, true) "," CALL("main", 20, false)) "," CALLS( \
        0x50, CALL("main", 21, false)) "," CALLS(0x60, CALL("_start", 0, false)))

struct fixture {
    struct cst_log before, now;
    struct cst_groups groups_before, groups_now;
    struct cst_symbols *symbols;
    struct cst_arena arena;
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
    cst_groups_free(&fixture->groups_before);
    cst_groups_free(&fixture->groups_now);
    cst_log_free(&fixture->before);
    cst_log_free(&fixture->now);
    cst_arena_free(&fixture->arena);
    return 0;
}

static void read_both(struct fixture *fixture, const char *before, const char *now)
{
    assert_true(read_text(&fixture->before, before));
    assert_true(read_text(&fixture->now, now));
    fixture->groups_before = cst_groups_make(&fixture->before);
    fixture->groups_now = cst_groups_make(&fixture->now);
}

static uint64_t key_before(const struct fixture *fixture)
{
    return cst_site_key(fixture->symbols, fixture->groups_before.items[0].first);
}

static uint64_t key_now(const struct fixture *fixture)
{
    return cst_site_key(fixture->symbols, fixture->groups_now.items[0].first);
}

static void names_lose_what_the_compiler_adds(void **state)
{
    static const char *const names[][2] = {
        {"make.constprop.0", "make"},
        {"make.part.0.isra.1", "make"},
        {"make() [clone .cold]", "make()"},
        {"_ZN6client4main17h0123456789abcdefE.llvm.1234", "client::main"},
        {"client::main::h0123456789abcdef", "client::main"},
        {"client[0123456789abcdef]::main", "client::main"},
        {"operator new[](unsigned long)", "operator new[](unsigned long)"},
        {"a[12]", "a[12]"},
        {"f(char...)", "f(char...)"},
        {".hidden", ".hidden"},
        {"", ""},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_string_equal(cst_function_name_plain(&fixture->arena, names[i][0]), names[i][1]);
    }
}

static void another_build_of_the_same_code_has_the_same_key(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture, START(1) MODULE LEAK("a", 8, FRAME(0x10) "," FRAME(0x20)) BEFORE,
              START(1) MODULE LEAK("b", 8, FRAME(0x99) "," FRAME(0x60)) AFTER);
    assert_true(key_before(fixture) != 0);
    assert_true(key_before(fixture) == key_now(fixture));
}

static void another_line_or_depth_is_another_key(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture, START(1) MODULE LEAK("a", 8, FRAME(0x20)) BEFORE,
              START(1) MODULE LEAK("b", 8, FRAME(0x50)) AFTER);
    assert_true(key_before(fixture) != 0 && key_now(fixture) != 0);
    assert_true(key_before(fixture) != key_now(fixture));
}

static void owner_and_class_are_part_of_the_key(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture, START(1) MODULE LEAK_OF("x", "definite", "a", 8, FRAME(0x10)) BEFORE,
              START(1) MODULE LEAK_OF("y", "definite", "b", 8, FRAME(0x10))
                  LEAK_OF("x", "possible", "c", 8, FRAME(0x10)) LEAK_OF("x", "definite", "d", 8, FRAME(0x10)) BEFORE);
    const struct cst_group *now = fixture->groups_now.items;
    assert_true(cst_site_key(fixture->symbols, now[0].first) != key_before(fixture));
    assert_true(cst_site_key(fixture->symbols, now[1].first) != key_before(fixture));
    assert_true(cst_site_key(fixture->symbols, now[2].first) == key_before(fixture));
}

/* An object that nobody ended: nothing tells it apart but its type and where it was made. */
#define HANDLE(key, type, frames) \
    FINDING(1, "handle-leak", "error", key, \
            ",\"type\":\"" type "\",\"history\":[{\"deed\":\"made\",\"stack\":[" frames "]}," \
            "{\"deed\":\"lent\",\"stack\":[" FRAME(0x20) "]}]")

static void handles_are_known_by_type_and_by_where_they_were_made(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture, START(1) MODULE HANDLE("a", "session", FRAME(0x10) "," FRAME(0x20)) BEFORE,
              START(1) MODULE HANDLE("b", "session", FRAME(0x99) "," FRAME(0x60))
                  HANDLE("c", "cursor", FRAME(0x99) "," FRAME(0x60)) HANDLE("d", "session", FRAME(0x50)) AFTER);
    const struct cst_group *now = fixture->groups_now.items;
    assert_true(key_before(fixture) != 0);
    assert_true(cst_site_key(fixture->symbols, now[0].first) == key_before(fixture));
    assert_true(cst_site_key(fixture->symbols, now[1].first) != key_before(fixture));
    assert_true(cst_site_key(fixture->symbols, now[2].first) != key_before(fixture));
}

static void without_a_line_there_is_no_key(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture, START(1) MODULE LEAK("a", 8, FRAME(0x70)) BEFORE, START(1) MODULE LEAK("b", 8, "") AFTER);
    assert_true(key_before(fixture) == 0);
    assert_true(key_now(fixture) == 0);
}

static void symbols_of_another_build_are_not_taken(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture,
              START(1) EVENT("module", 1, ",\"id\":0,\"path\":\"/nowhere/client\",\"build_id\":\"cd\"")
                  LEAK("a", 8, FRAME(0x10)) BEFORE,
              START(1) MODULE LEAK("b", 8, FRAME(0x10)) BEFORE);
    assert_true(key_before(fixture) == 0);
    assert_true(key_now(fixture) != 0);
}

static void malformed_symbols_are_harmless(void **state)
{
    struct fixture *fixture = *state;
    read_both(fixture,
              START(1) MODULE LEAK("a", 8, FRAME(0x10)) EVENT("symbols", 9, "")
                  EVENT("symbols", 9, ",\"module\":7,\"build_id\":null,\"frames\":{}") SYMBOLS("7,null,[],{}")
                      SYMBOLS("{\"offset\":16,\"calls\":[{}]},{\"offset\":\"0x10\",\"calls\":{}}")
                          SYMBOLS("{\"offset\":\"0x10\",\"calls\":[7]},{\"offset\":\"\",\"calls\":[{\"line\":-1}]}")
                              SYMBOLS(CALLS(0x20, CALL("f", 99999999999, true))),
              START(1));
    assert_true(key_before(fixture) == 0);
    assert_int_equal(fixture->before.process_count, 1);
}

static enum cst_finding_standing stand(struct fixture *fixture, struct cst_finding_amount *before,
                                       struct cst_finding_amount *now)
{
    struct cst_finding_index *index_before = cst_finding_index_new(&fixture->groups_before, fixture->symbols);
    struct cst_finding_index *index_now = cst_finding_index_new(&fixture->groups_now, fixture->symbols);
    enum cst_finding_standing standing =
        cst_finding_index_compare(index_before, index_now, &fixture->groups_now.items[0], before, now);
    bool has = cst_finding_index_has(index_before, &fixture->groups_now.items[0]);
    assert_int_equal(has, standing != CST_FINDING_FRESH);
    cst_finding_index_free(index_before);
    cst_finding_index_free(index_now);
    return standing;
}

static void a_finding_is_known_by_either_key(void **state)
{
    struct fixture *fixture = *state;
    struct cst_finding_amount before, now;
    read_both(fixture, START(1) MODULE LEAK("a", 8, FRAME(0x10) "," FRAME(0x20)) BEFORE,
              START(1) MODULE LEAK("b", 8, FRAME(0x99)) AFTER);
    assert_int_equal(stand(fixture, &before, &now), CST_FINDING_KNOWN);
    release(state);
    prepare(state);
    read_both(fixture, START(1) LEAK("a", 8, ""), START(1) LEAK("a", 8, FRAME(0x99)));
    assert_int_equal(stand(fixture, &before, &now), CST_FINDING_KNOWN);
    release(state);
    prepare(state);
    read_both(fixture, START(1) LEAK("a", 8, ""), START(1) LEAK("b", 8, ""));
    assert_int_equal(stand(fixture, &before, &now), CST_FINDING_FRESH);
}

static void a_leak_grows_by_what_a_process_leaks(void **state)
{
    struct fixture *fixture = *state;
    struct cst_finding_amount before, now;
    read_both(fixture, START(1) LEAK("a", 8, ""), START(1) LEAK("a", 8, "") START(1) LEAK("a", 8, ""));
    assert_int_equal(stand(fixture, &before, &now), CST_FINDING_KNOWN);
    release(state);
    prepare(state);
    read_both(fixture, START(1) LEAK("a", 8, "") START(1) LEAK("a", 8, ""), START(1) LEAK("a", 9, ""));
    assert_int_equal(stand(fixture, &before, &now), CST_FINDING_GREW);
    assert_int_equal(before.bytes, 8);
    assert_int_equal(now.bytes, 9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_lose_what_the_compiler_adds),
        TEST(another_build_of_the_same_code_has_the_same_key),
        TEST(another_line_or_depth_is_another_key),
        TEST(owner_and_class_are_part_of_the_key),
        TEST(handles_are_known_by_type_and_by_where_they_were_made),
        TEST(without_a_line_there_is_no_key),
        TEST(symbols_of_another_build_are_not_taken),
        TEST(malformed_symbols_are_harmless),
        TEST(a_finding_is_known_by_either_key),
        TEST(a_leak_grows_by_what_a_process_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
