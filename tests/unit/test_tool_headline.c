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

/* What the program told of, to be changed: an object of ledger that client gave to custody_check. */
static struct cst_log_finding about_an_object(const char *kind)
{
    struct cst_log_finding finding = release_of_24_bytes(kind);
    finding.has_block = false;
    finding.address = "0x10";
    finding.owner = ledger;
    finding.by = (struct cst_log_party){"client", "rust", "custody", "custody_check"};
    finding.told.type = "ledger";
    return finding;
}

static void handles_are_told_by_type_and_owner(void **state)
{
    (void)state;
    struct cst_log_finding finding = about_an_object("stale-handle");
    assert_says(&finding, "ledger of libledger.so (c), given to custody_check by client (rust)");
    finding.kind = "wrong-thread";
    assert_says(&finding, "ledger of libledger.so (c), given to custody_check by client (rust)");
    finding.told.expected_type = "ledger";
    assert_says(&finding, "ledger of libledger.so (c), given to custody_check by client (rust)");
    finding.kind = "wrong-type";
    finding.told.expected_type = "account";
    assert_says(&finding, "ledger of libledger.so (c), given to custody_check as account by client (rust)");
    finding.told.type = NULL;
    assert_says(&finding, "block of libledger.so (c), given to custody_check as account by client (rust)");
    finding.has_owner = false;
    assert_says(&finding, "0x10, given to custody_check as account by client (rust)");
    finding.address = "";
    finding.by.call = "";
    finding.told.expected_type = NULL;
    assert_says(&finding, "a pointer, given to a function by client (rust)");
}

static void handles_that_are_left_were_never_ended_or_dropped(void **state)
{
    (void)state;
    struct cst_log_moment made = {.deed = "made", .by = ledger};
    struct cst_log_finding finding = about_an_object("handle-leak");
    finding.has_by = false;
    finding.told.history = &made;
    finding.told.history_count = 1;
    assert_says(&finding, "ledger of libledger.so (c), never ended");
    made.deed = "registered";
    finding.told.type = "on_event";
    assert_says(&finding, "callback on_event of libledger.so (c), never dropped");
}

/* The block of 24 bytes, lent or handed over. */
static struct cst_log_finding about_a_loan(const char *kind, struct cst_log_moment *moment)
{
    struct cst_log_finding finding = release_of_24_bytes(kind);
    *moment = (struct cst_log_moment){.deed = "lent", .by = client, .has_to = true, .to = ledger};
    finding.told.history = moment;
    finding.told.history_count = 1;
    return finding;
}

static void loans_are_told_by_their_block(void **state)
{
    (void)state;
    struct cst_log_moment moment;
    struct cst_log_finding finding = about_a_loan("released-while-lent", &moment);
    assert_says(&finding, "24 bytes of client (rust), given to free by libledger.so (c)");
    finding.kind = "lend-conflict";
    finding.by.call = "custody_lend";
    assert_says(&finding, "24 bytes of client (rust), given to custody_lend by libledger.so (c)");
    finding.kind = "not-owner";
    assert_says(&finding, "24 bytes of client (rust), given to custody_lend by libledger.so (c)");
    finding.kind = "lend-outlived";
    finding.by.call = "custody_return";
    assert_says(&finding, "24 bytes of client (rust), given to custody_return by libledger.so (c)");
}

static void loans_that_are_left_name_who_has_them(void **state)
{
    (void)state;
    struct cst_log_moment moment;
    struct cst_log_finding finding = about_a_loan("lend-outlived", &moment);
    finding.has_by = false;
    assert_says(&finding, "24 bytes of client (rust), lent to libledger.so (c), never returned");
    moment.deed = "lent-exclusively";
    assert_says(&finding, "24 bytes of client (rust), lent to libledger.so (c), never returned");
    finding.told.history_count = 0;
    assert_says(&finding, "24 bytes of client (rust), never returned");
    finding.kind = "transfer-leak";
    assert_says(&finding, "24 bytes of client (rust), never released");
    finding.told.history_count = 1;
    moment.deed = "transferred";
    assert_says(&finding, "24 bytes of client (rust), handed over by client (rust), never released");
}

/* A buffer that client leased to ledger. */
static struct cst_log_finding about_a_buffer(const char *kind, uint64_t capacity, uint64_t length)
{
    static struct cst_log_moment leased;
    leased = (struct cst_log_moment){.deed = "leased", .by = client, .has_to = true, .to = ledger};
    struct cst_log_finding finding = about_an_object(kind);
    finding.by.call = "custody_lease_end";
    finding.told = (struct cst_log_told){.has_capacity = true,
                                         .has_length = true,
                                         .capacity = capacity,
                                         .length = length,
                                         .history = &leased,
                                         .history_count = 1};
    return finding;
}

static void buffers_are_told_with_what_they_hold_and_what_was_done(void **state)
{
    (void)state;
    struct cst_log_finding finding = about_a_buffer("buffer-overrun", 8, 12);
    assert_says(&finding, "buffer of 8 bytes, written up to 12 in its lease to libledger.so (c), given to "
                          "custody_lease_end by client (rust)");
    finding.told.has_length = false;
    assert_says(&finding, "buffer of 8 bytes, written where its lease to libledger.so (c) forbids it, given to "
                          "custody_lease_end by client (rust)");
    finding = about_a_buffer("buffer-overrun", 8, 32);
    finding.by.call = "custody_lease_begin";
    assert_says(&finding, "buffer of 8 bytes, leased as 32 to libledger.so (c), given to custody_lease_begin by "
                          "client (rust)");
}

static void claims_are_told_as_far_as_numbers_go(void **state)
{
    (void)state;
    struct cst_log_finding finding = about_a_buffer("buffer-overclaim", 16, 20);
    assert_says(&finding,
                "buffer of 16 bytes, reported as 20, leased to libledger.so (c), given to custody_lease_end by "
                "client (rust)");
    finding.told.length = 16;
    assert_says(&finding,
                "buffer of 16 bytes, reported as 16, without its terminator, leased to libledger.so (c), given "
                "to custody_lease_end by client (rust)");
    finding.told.length = INT64_MAX;
    assert_says(&finding, "buffer of 16 bytes, reported as at least 9223372036854775807, leased to libledger.so (c), "
                          "given to custody_lease_end by client (rust)");
}

static void buffers_that_were_kept_name_who_kept_or_released_them(void **state)
{
    (void)state;
    struct cst_log_finding finding = about_a_buffer("buffer-retained", 1, 0);
    assert_says(&finding, "buffer of 1 byte, written after its lease to libledger.so (c)");
    finding.by.call = "free";
    assert_says(&finding, "buffer of 1 byte, given to free by client (rust)");
    finding.has_by = false;
    finding.told.history_count = 0;
    assert_says(&finding, "buffer of 1 byte, written after its lease");
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
        cmocka_unit_test(handles_are_told_by_type_and_owner),
        cmocka_unit_test(handles_that_are_left_were_never_ended_or_dropped),
        cmocka_unit_test(loans_are_told_by_their_block),
        cmocka_unit_test(loans_that_are_left_name_who_has_them),
        cmocka_unit_test(buffers_are_told_with_what_they_hold_and_what_was_done),
        cmocka_unit_test(claims_are_told_as_far_as_numbers_go),
        cmocka_unit_test(buffers_that_were_kept_name_who_kept_or_released_them),
        cmocka_unit_test(kinds_of_later_versions_get_a_plain_sentence),
        cmocka_unit_test(unknown_parties_are_said_to_be_unknown),
        cmocka_unit_test(bytes_are_short_to_read),
    };
    return cmocka_run_group_tests(tests, NULL, free_arena);
}
