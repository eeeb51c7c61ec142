/* The sentence of each kind of finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "headline.h"
#include "leak_class.h"

static struct cst_arena arena;

static const struct cst_log_party client = {"client", "rust", "rust", ""};
static const struct cst_log_party ledger = {"libledger.so", "c", "malloc", "free"};

static int free_arena(void **state)
{
    (void)state;
    cst_arena_free(&arena);
    return 0;
}

/* A finding of 24 bytes of client released by ledger, to be changed. */
static struct cst_log_finding release_of_24_bytes(const char *kind)
{
    return (struct cst_log_finding){.kind = kind,
                                    .has_block = true,
                                    .size = 24,
                                    .align = 8,
                                    .has_owner = true,
                                    .owner = client,
                                    .has_by = true,
                                    .by = ledger,
                                    .place = "",
                                    .place_name = "",
                                    .leak_class = ""};
}

static void assert_says(const struct cst_log_finding *finding, const char *sentence)
{
    struct cst_group group = {
        .first = finding, .count = 1, .leak_blocks = finding->leak_blocks, .leak_bytes = finding->leak_bytes};
    assert_string_equal(cst_headline(&arena, &group), sentence);
}

static void releases_name_both_parties_and_the_call(void **state)
{
    (void)state;
    struct cst_log_finding finding = release_of_24_bytes("cross-allocator-free");
    assert_says(&finding,
                "24 bytes of client (rust), made with contract 'rust', released by libledger.so (c) with free");
    finding.kind = "cross-side-free";
    assert_says(&finding, "24 bytes of client (rust) released by libledger.so (c) with free");
    finding.kind = "double-free";
    assert_says(&finding, "24 bytes of client (rust) released a second time by libledger.so (c) with free");
    finding.by.call = "_ZdaPv";
    finding.size = 1;
    finding.kind = "mismatched-release";
    assert_says(&finding, "1 byte of client (rust), made with contract 'rust', released by libledger.so (c) with "
                          "operator delete[](void*)");
}

static void layouts_are_told_as_far_as_given(void **state)
{
    (void)state;
    struct cst_log_finding finding = release_of_24_bytes("layout-mismatch");
    finding.has_given_size = true;
    finding.given_size = 8;
    assert_says(&finding, "24 bytes of client (rust), align 8, released as 8 bytes by libledger.so (c) with free");
    finding.has_given_align = true;
    finding.given_align = 1;
    assert_says(&finding,
                "24 bytes of client (rust), align 8, released as 8 bytes, align 1 by libledger.so (c) with free");
    finding.has_given_size = false;
    assert_says(&finding, "24 bytes of client (rust), align 8, released as align 1 by libledger.so (c) with free");
}

static void pointers_that_are_no_blocks_are_placed(void **state)
{
    (void)state;
    struct cst_log_finding finding = release_of_24_bytes("invalid-free");
    finding.has_block = finding.has_owner = false;
    finding.place = "stack";
    assert_says(&finding, "pointer into a stack released by libledger.so (c) with free");
    finding.place = "static";
    finding.place_name = "app";
    assert_says(&finding, "pointer into static data (app) released by libledger.so (c) with free");
    finding.place = "somewhere new";
    finding.place_name = "";
    assert_says(&finding, "pointer that is no heap block released by libledger.so (c) with free");
}

static void interior_pointers_tell_their_offset(void **state)
{
    (void)state;
    struct cst_log_finding finding = release_of_24_bytes("interior-free");
    finding.has_offset = true;
    finding.offset = 1;
    assert_says(&finding, "pointer 1 byte into 24 bytes of client (rust) released by libledger.so (c) with free");
}

/* A leak of `blocks` blocks and 144 bytes of client. */
static struct cst_log_finding leak(const char *class, uint64_t blocks)
{
    struct cst_log_finding finding = release_of_24_bytes("leak");
    finding.leak_blocks = blocks;
    finding.leak_bytes = 144;
    finding.leak_class = class;
    return finding;
}

static void leaks_say_by_class_what_became_of_the_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *class, *one, *many;
    } cases[] = {
        {"live", "1 block, 144 bytes of client (rust) still live at exit",
         "3 blocks, 144 bytes of client (rust) still live at exit"},
        {"", "1 block, 144 bytes of client (rust) still live at exit",
         "3 blocks, 144 bytes of client (rust) still live at exit"},
        {"definite", "1 block, 144 bytes of client (rust) definitely lost",
         "3 blocks, 144 bytes of client (rust) definitely lost"},
        {"indirect", "1 block, 144 bytes of client (rust) lost with what pointed to it",
         "3 blocks, 144 bytes of client (rust) lost with what pointed to them"},
        {"possible", "1 block, 144 bytes of client (rust) possibly lost: only pointers into it were found",
         "3 blocks, 144 bytes of client (rust) possibly lost: only pointers into them were found"},
        {"reachable", "1 block, 144 bytes of client (rust) still reachable at exit",
         "3 blocks, 144 bytes of client (rust) still reachable at exit"},
        {"mislaid", "1 block, 144 bytes of client (rust) never released (mislaid)",
         "3 blocks, 144 bytes of client (rust) never released (mislaid)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cst_log_finding one = leak(cases[i].class, 1);
        struct cst_log_finding many = leak(cases[i].class, 3);
        assert_says(&one, cases[i].one);
        assert_says(&many, cases[i].many);
    }
}

static void leaks_that_were_asked_for_do_not_speak_of_the_exit(void **state)
{
    (void)state;
    struct cst_log_finding finding = leak("reachable", 1);
    finding.on_request = true;
    assert_says(&finding, "1 block, 144 bytes of client (rust) still reachable when asked for");
    finding.leak_class = "definite";
    assert_says(&finding, "1 block, 144 bytes of client (rust) definitely lost, found on request");
}

static void leaks_name_the_side_that_holds_them(void **state)
{
    (void)state;
    struct cst_log_finding finding = leak("reachable", 1);
    finding.has_holder = true;
    finding.holder = ledger;
    assert_says(&finding,
                "1 block, 144 bytes made by client (rust), held by libledger.so (c), still reachable at exit");
    const char *advice = cst_leak_class_advice(&arena, &finding);
    assert_non_null(strstr(advice, "have libledger.so give it back, so that client can release it"));
}

static void each_class_has_advice_of_its_own(void **state)
{
    (void)state;
    static const char *const classes[] = {"definite", "indirect", "possible", "reachable", "live"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        struct cst_log_finding finding = leak(classes[i], 1);
        const char *advice = cst_leak_class_advice(&arena, &finding);
        assert_string_not_equal(advice, "");
        for (size_t j = 0; j < i; j++) {
            finding.leak_class = classes[j];
            assert_string_not_equal(advice, cst_leak_class_advice(&arena, &finding));
        }
    }
    struct cst_log_finding later = leak("mislaid", 1);
    assert_string_equal(cst_leak_class_advice(&arena, &later), "");
}

static void kinds_of_later_versions_get_a_plain_sentence(void **state)
{
    (void)state;
    struct cst_log_finding finding = release_of_24_bytes("of-later-days");
    assert_says(&finding, "24 bytes of client (rust) released by libledger.so (c) with free");
    finding.has_block = finding.has_by = false;
    assert_says(&finding, "a pointer released");
}

static void unknown_parties_are_said_to_be_unknown(void **state)
{
    (void)state;
    assert_string_equal(cst_headline_party(&arena, "unknown", "unknown"), "an unknown side");
    assert_string_equal(cst_headline_party(&arena, "x.so", "unknown"), "x.so");
}

static void bytes_are_short_to_read(void **state)
{
    (void)state;
    assert_string_equal(cst_headline_bytes(&arena, 1), "1 byte");
    assert_string_equal(cst_headline_bytes(&arena, 10239), "10239 bytes");
    assert_string_equal(cst_headline_bytes(&arena, 10240), "10.0 KiB");
    assert_string_equal(cst_headline_bytes(&arena, 3 * 1024 * 1024 / 2), "1.5 MiB");
    assert_string_equal(cst_headline_bytes(&arena, UINT64_MAX), "16.0 EiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(releases_name_both_parties_and_the_call),
        cmocka_unit_test(layouts_are_told_as_far_as_given),
        cmocka_unit_test(pointers_that_are_no_blocks_are_placed),
        cmocka_unit_test(interior_pointers_tell_their_offset),
        cmocka_unit_test(leaks_say_by_class_what_became_of_the_blocks),
        cmocka_unit_test(leaks_that_were_asked_for_do_not_speak_of_the_exit),
        cmocka_unit_test(leaks_name_the_side_that_holds_them),
        cmocka_unit_test(each_class_has_advice_of_its_own),
        cmocka_unit_test(kinds_of_later_versions_get_a_plain_sentence),
        cmocka_unit_test(unknown_parties_are_said_to_be_unknown),
        cmocka_unit_test(bytes_are_short_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
