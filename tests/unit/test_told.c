/* Findings about what the program told of, and the events of the ownership API: lines that the schema accepts however much
 * there is to tell, words on stderr, and keys. Modules and processes as in test_audit. */
#include "audit/told.h"

#include "audit/audit.h"
#include "site/stack.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audited.h"

static const struct cst_party client = {.side = "client", .lang = CUSTODY_LANG_RUST};
static const struct cst_party ledger = {.side = "libledger.so", .lang = CUSTODY_LANG_C};
static const struct cst_party nobody = {.side = "unknown"};

static const uintptr_t called_at[] = {0x701140, 0x401300};

/* An object of libledger.so that was made and ended. */
static struct cst_moment history[CST_MOMENTS_MAX];

static struct cst_moment a_moment(enum custody_deed deed, struct cst_party by, uintptr_t address)
{
    const uintptr_t stack[] = {address, 0x402000};
    return (struct cst_moment){.deed = deed, .by = by, .thread = "main", .stack = cst_stack_store(stack, 2)};
}

static struct cst_told an_object(void)
{
    history[0] = a_moment(CUSTODY_DEED_MADE, ledger, 0x701120);
    history[1] = a_moment(CUSTODY_DEED_ENDED, client, 0x401235);
    return (struct cst_told){.function = "custody_check",
                             .advice = "no use of a ledger after ledger_close",
                             .type = "ledger",
                             .number = 7,
                             .moments = history,
                             .moment_count = 2};
}

static struct cst_told a_loan(enum custody_deed deed)
{
    history[0] = a_moment(deed, client, 0x701120);
    history[0].has_to = true;
    history[0].to = ledger;
    return (struct cst_told){.function = "custody_lend",
                             .advice = "the loan back first",
                             .number = 3,
                             .moments = history,
                             .moment_count = 1};
}

static struct cst_told a_buffer(const char *function, size_t capacity, size_t length)
{
    struct cst_told told = a_loan(CUSTODY_DEED_LEASED);
    told.function = function;
    told.has_buffer = true;
    told.capacity = capacity;
    told.length = length;
    return told;
}

static struct cst_finding about(enum custody_finding_kind kind, const struct cst_told *told)
{
    return (struct cst_finding){.kind = kind,
                                .severity = CUSTODY_SEVERITY_ERROR,
                                .confidence = CUSTODY_CONFIDENCE_EXACT,
                                .address = 0x1000,
                                .owner = ledger,
                                .has_by = true,
                                .by = {.side = "client", .lang = CUSTODY_LANG_C, .contract = CUSTODY_CONTRACT_CUSTODY},
                                .call = CUSTODY_DOOR_CUSTODY_RELEASE,
                                .release = {.addresses = called_at, .count = 2},
                                .told = told};
}

static struct cst_finding of_a_block(struct cst_finding finding)
{
    finding.has_block = true;
    finding.block_address = 0x1000;
    finding.block_size = 64;
    finding.block_align = 16;
    finding.owner.contract = CUSTODY_CONTRACT_MALLOC;
    finding.alloc = (struct cst_frames){.addresses = called_at, .count = 2};
    return finding;
}

static struct cst_finding at_exit(struct cst_finding finding)
{
    finding.has_by = false;
    finding.release.count = 0;
    return finding;
}

static uint64_t tell(struct cst_finding finding)
{
    return cst_audit_finding(&finding);
}

static void tell_of_handles(void)
{
    struct cst_told told = an_object();
    tell(about(CUSTODY_FINDING_STALE_HANDLE, &told));
    told.expected_type = "ledger";
    tell(about(CUSTODY_FINDING_WRONG_THREAD, &told));
    told.expected_type = "account";
    tell(about(CUSTODY_FINDING_WRONG_TYPE, &told));
    told = an_object();
    told.function = NULL;
    tell(at_exit(about(CUSTODY_FINDING_HANDLE_LEAK, &told)));
    told.type = "on_event";
    history[0].deed = CUSTODY_DEED_REGISTERED;
    tell(at_exit(about(CUSTODY_FINDING_HANDLE_LEAK, &told)));
    struct cst_told no_handle = {.function = "custody_check", .advice = "an object of this type"};
    struct cst_finding of_nobody = about(CUSTODY_FINDING_STALE_HANDLE, &no_handle);
    of_nobody.owner = nobody;
    tell(of_nobody);
}

static void tell_of_loans(void)
{
    struct cst_told told = a_loan(CUSTODY_DEED_LENT);
    tell(of_a_block(about(CUSTODY_FINDING_LEND_CONFLICT, &told)));
    tell(about(CUSTODY_FINDING_NOT_OWNER, &told));
    tell(of_a_block(about(CUSTODY_FINDING_LEND_OUTLIVED, &told)));
    told.function = NULL;
    struct cst_finding released = of_a_block(about(CUSTODY_FINDING_RELEASED_WHILE_LENT, &told));
    released.call = CUSTODY_DOOR_FREE;
    tell(released);
    tell(at_exit(of_a_block(about(CUSTODY_FINDING_LEND_OUTLIVED, &told))));
    told = a_loan(CUSTODY_DEED_TRANSFERRED);
    history[0].to.contract = CUSTODY_CONTRACT_NEW;
    told.function = NULL;
    told.number = 0;
    tell(at_exit(of_a_block(about(CUSTODY_FINDING_TRANSFER_LEAK, &told))));
}

static void tell_of_buffers(void)
{
    struct cst_told told = a_buffer("custody_lease_end", 8, 12);
    tell(about(CUSTODY_FINDING_BUFFER_OVERRUN, &told));
    told = a_buffer("custody_lease_end", 8, SIZE_MAX);
    tell(about(CUSTODY_FINDING_BUFFER_OVERRUN, &told));
    told = a_buffer("custody_lease_begin", 8, 32);
    tell(about(CUSTODY_FINDING_BUFFER_OVERRUN, &told));
    told = a_buffer("custody_lease_end", 16, SIZE_MAX - 1);
    tell(about(CUSTODY_FINDING_BUFFER_OVERCLAIM, &told));
    told = a_buffer("custody_lease_end", 16, 16);
    tell(about(CUSTODY_FINDING_BUFFER_OVERCLAIM, &told));
    told = a_buffer("custody_lease_check", 32, SIZE_MAX);
    tell(about(CUSTODY_FINDING_BUFFER_RETAINED, &told));
    told.function = NULL;
    struct cst_finding released = about(CUSTODY_FINDING_BUFFER_RETAINED, &told);
    released.call = CUSTODY_DOOR_FREE;
    tell(released);
    tell(at_exit(about(CUSTODY_FINDING_BUFFER_RETAINED, &told)));
}

static void tell_everything(void)
{
    tell_of_handles();
    tell_of_loans();
    tell_of_buffers();
}

static void tell_into_a_log(void)
{
    cst_audit_open(log_path, "");
    tell_everything();
}

/* ---- lines ---- */

static void every_kind_is_a_line_that_the_schema_accepts(void **state)
{
    (void)state;
    in_a_process(tell_into_a_log);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 6 + 6 + 8);
    assert_int_equal(count(logged, "truncated"), 0);
}

static void an_object_is_told_with_its_type_number_and_history(void **state)
{
    (void)state;
    in_a_process(tell_into_a_log);
    expect_logged("\"kind\":\"wrong-type\"");
    expect_logged("\"block\":{\"addr\":\"0x1000\"},\"owner\":{\"side\":\"libledger.so\",\"lang\":\"c\",\"contract\":"
                  "\"unknown\"},\"by\":{\"side\":\"client\",\"lang\":\"c\",\"contract\":\"custody\",\"call\":\"custody_"
                  "check\"},\"expect\":\"no use of a ledger after ledger_close\",\"thread\":");
    expect_logged("\"type\":\"ledger\",\"expected_type\":\"account\",\"number\":7,\"release\":[");
    expect_logged(
        "\"history\":[{\"deed\":\"made\",\"by\":{\"side\":\"libledger.so\",\"lang\":\"c\"},\"thread\":\"main\","
        "\"stack\":[{\"module\":1,\"offset\":\"0x1120\",\"symbol\":\"ledger_free\"},{\"module\":0,\"offset\":"
        "\"0x2000\"}]},{\"deed\":\"ended\",\"by\":{\"side\":\"client\",\"lang\":\"rust\"},");
}

static void a_receiver_is_told_with_its_contract(void **state)
{
    (void)state;
    in_a_process(tell_into_a_log);
    expect_logged("\"deed\":\"lent\",\"by\":{\"side\":\"client\",\"lang\":\"rust\"},\"to\":{\"side\":\"libledger.so\","
                  "\"lang\":\"c\"},\"thread\"");
    expect_logged("\"deed\":\"transferred\",\"by\":{\"side\":\"client\",\"lang\":\"rust\"},\"to\":{\"side\":"
                  "\"libledger.so\",\"lang\":\"c\",\"contract\":\"new\"},\"thread\"");
}

static void lengths_that_are_not_known_are_not_told(void **state)
{
    (void)state;
    in_a_process(tell_into_a_log);
    expect_logged("\"capacity\":8,\"length\":12,");
    expect_logged("\"capacity\":16,\"length\":18446744073709551614,");
    expect_logged("\"capacity\":32,\"release\":");
}

static void findings_at_exit_have_no_releaser(void **state)
{
    (void)state;
    in_a_process(tell_into_a_log);
    char *line = strstr(logged, "\"kind\":\"transfer-leak\"");
    assert_non_null(line);
    *strchr(line, '\n') = '\0';
    assert_null(strstr(line, "\"call\":"));
    assert_null(strstr(line, "\"release\":"));
}

/* ---- much to tell ---- */

static char long_name[900], long_side[254];

/* As many moments as there are, each with as many frames, each with a name as long as names are told. */
static void tell_as_much_as_there_is(size_t frames, char letter)
{
    static uintptr_t addresses[CST_STACK_FRAMES_MAX];
    static struct cst_moment moments[CST_MOMENTS_MAX];
    memset(long_name, letter, sizeof long_name - 1);
    memset(long_side, '\x01', sizeof long_side - 1);
    symbol_name = long_name;
    const struct cst_party someone = {.side = long_side, .lang = CUSTODY_LANG_CXX};
    for (size_t i = 0; i < CST_MOMENTS_MAX; i++) {
        for (size_t j = 0; j < frames; j++) {
            addresses[j] = 0x701000 + i * 64 + j;
        }
        moments[i] = (struct cst_moment){.deed = CUSTODY_DEED_LENT,
                                         .by = someone,
                                         .has_to = true,
                                         .to = someone,
                                         .thread = "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
                                         .stack = cst_stack_store(addresses, frames)};
    }
    struct cst_told told = a_loan(CUSTODY_DEED_LENT);
    told.moments = moments;
    told.moment_count = CST_MOMENTS_MAX;
    told.moments_left_out = 5;
    struct cst_finding finding = of_a_block(about(CUSTODY_FINDING_LEND_CONFLICT, &told));
    finding.alloc = finding.release = (struct cst_frames){.addresses = addresses, .count = frames};
    cst_audit_open(log_path, "");
    tell(finding);
}

static void tell_sixteen_frames_each(void)
{
    tell_as_much_as_there_is(16, 'n');
}

static void sixteen_moments_of_sixteen_frames_are_one_line(void **state)
{
    (void)state;
    in_a_process(tell_sixteen_frames_each);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 1);
    assert_int_equal(count(logged, "\"deed\":"), 16);
    expect_logged("\"history_left_out\":5");
    /* Each moment gets its share of the line: none is without its innermost frames. */
    assert_int_equal(count(logged, "\"stack\":[]"), 0);
    assert_true(count(logged, "\"module\":1") > 16 * 10);
}

static void tell_sixty_four_frames_each(void)
{
    tell_as_much_as_there_is(64, 'n');
}

/* A control character takes six bytes: the stacks in front of the history fill the line. */
static void tell_sixty_four_frames_of_control_characters_each(void)
{
    tell_as_much_as_there_is(64, '\x01');
}

static void moments_that_find_no_room_are_counted_as_left_out(void **state)
{
    (void)state;
    in_a_process(tell_sixty_four_frames_each);
    expect_valid_log();
    assert_int_equal(count(logged, "\"deed\":"), 16);
    expect_logged("\"history_left_out\":5,\"truncated\":true");
    assert_int_equal(unlink(log_path), 0);
    in_a_process(tell_sixty_four_frames_of_control_characters_each);
    expect_valid_log();
    assert_int_equal(count(logged, "\"deed\":"), 0);
    expect_logged("\"history_left_out\":21,\"truncated\":true");
}

/* ---- words ---- */

static void tell_without_a_log(void)
{
    cst_audit_open(NULL, NULL);
    tell_everything();
}

static void expect_said(const char *part)
{
    if (strstr(said, part) == NULL) {
        fail_msg("'%s' was not said:\n%s", part, said);
    }
}

static void handles_are_told_in_words(void **state)
{
    (void)state;
    in_a_process(tell_without_a_log);
    expect_said(
        "custody: error: stale-handle: ledger of libledger.so (c), given to custody_check by client (c) [exact]\n"
        "custody:   made by libledger.so (c) at libledger.so+0x1120 (ledger_free)\n"
        "custody:   ended by client (rust) at client+0x1235\n"
        "custody:   called at libledger.so+0x1140 (ledger_free)\n"
        "custody:   expected: no use of a ledger after ledger_close\n");
    expect_said("wrong-thread: ledger of libledger.so (c), given to custody_check by client (c) [exact]\n");
    expect_said("wrong-type: ledger of libledger.so (c), given to custody_check as account by client (c) [exact]\n");
    expect_said("handle-leak: ledger of libledger.so (c), never ended [exact]\n");
    expect_said("handle-leak: callback on_event of libledger.so (c), never dropped [exact]\n"
                "custody:   registered by libledger.so (c) at");
    expect_said("stale-handle: 0x1000, given to custody_check by client (c) [exact]\n");
}

static void loans_are_told_in_words(void **state)
{
    (void)state;
    in_a_process(tell_without_a_log);
    expect_said("lend-conflict: 64 bytes of libledger.so (c), given to custody_lend by client (c) [exact]\n"
                "custody:   lent to libledger.so (c) by client (rust) at");
    expect_said("not-owner: block of libledger.so (c), given to custody_lend by client (c) [exact]\n");
    expect_said("released-while-lent: 64 bytes of libledger.so (c), given to free by client (c) [exact]\n");
    expect_said("custody:   released at libledger.so+0x1140 (ledger_free)\n");
    expect_said("lend-outlived: 64 bytes of libledger.so (c), lent to libledger.so (c), never returned [exact]\n");
    expect_said("transfer-leak: 64 bytes of libledger.so (c), handed over by client (rust), never released [exact]\n");
}

static void buffers_are_told_in_words(void **state)
{
    (void)state;
    in_a_process(tell_without_a_log);
    expect_said(
        "buffer of 8 bytes, written up to 12 in its lease to libledger.so (c), given to custody_lease_end by client "
        "(c) [exact]\n");
    expect_said(
        "buffer of 8 bytes, written where its lease to libledger.so (c) forbids it, given to custody_lease_end");
    expect_said("buffer of 8 bytes, leased as 32 to libledger.so (c), given to custody_lease_begin by client (c)");
    expect_said("buffer of 16 bytes, reported as 18446744073709551614, leased to libledger.so (c), given to");
    expect_said("buffer of 16 bytes, reported as 16, without its terminator, leased to libledger.so (c), given to");
    expect_said("buffer-retained: buffer of 32 bytes, written after its lease to libledger.so (c) [exact]\n");
    expect_said("buffer-retained: buffer of 32 bytes, given to free by client (c) [exact]\n");
}

/* ---- keys ---- */

static void keys_depend_on_type_and_on_where_it_was_made(void **state)
{
    (void)state;
    struct cst_told told = an_object();
    struct cst_finding finding = about(CUSTODY_FINDING_STALE_HANDLE, &told);
    finding.severity = CUSTODY_SEVERITY_NOTE;
    uint64_t key = tell(finding);

    told.number = 99;
    history[1] = a_moment(CUSTODY_DEED_ENDED, ledger, 0x401300);
    finding.address = 0x7000;
    assert_int_equal(tell(finding), key);
    told.type = "account";
    assert_int_not_equal(tell(finding), key);
    told.type = "ledger";
    history[0] = a_moment(CUSTODY_DEED_MADE, ledger, 0x701130);
    assert_int_not_equal(tell(finding), key);
}

/* ---- events ---- */

static void tell_events(void)
{
    const uintptr_t stack[] = {0x701140};
    struct cst_ownership event = {.event = "handle",
                                  .deed = CUSTODY_DEED_MADE,
                                  .number = 7,
                                  .address = 0x2000,
                                  .size = 40,
                                  .type = "ledger",
                                  .by = ledger,
                                  .stack = cst_stack_store(stack, 1)};
    cst_audit_open(log_path, "events=ownership");
    cst_audit_ownership(&event);
    event = (struct cst_ownership){.event = "transfer",
                                   .deed = CUSTODY_DEED_TRANSFERRED,
                                   .address = 0x2000,
                                   .by = client,
                                   .has_to = true,
                                   .to = ledger};
    event.to.contract = CUSTODY_CONTRACT_MALLOC;
    cst_audit_ownership(&event);
    event.event = "lend";
    event.deed = CUSTODY_DEED_LENT_EXCLUSIVELY;
    cst_audit_ownership(&event);
    event.event = "lease";
    event.deed = CUSTODY_DEED_LEASED;
    cst_audit_ownership(&event);
}

static void calls_of_the_api_are_events_that_the_schema_accepts(void **state)
{
    (void)state;
    in_a_process(tell_events);
    expect_valid_log();
    assert_int_equal(count(logged, "\n"), 4);
    expect_logged("\"event\":\"handle\",");
    expect_logged("\"deed\":\"made\",\"number\":7,\"addr\":\"0x2000\",\"size\":40,\"type\":\"ledger\",\"by\":{\"side\":"
                  "\"libledger.so\",\"lang\":\"c\"},\"thread\":\"");
    expect_logged("\"stack\":[{\"module\":1,\"offset\":\"0x1140\",\"symbol\":\"ledger_free\"}]}\n");
    expect_logged("\"deed\":\"transferred\",\"addr\":\"0x2000\",\"by\":{\"side\":\"client\",\"lang\":\"rust\"},\"to\":{"
                  "\"side\":\"libledger.so\",\"lang\":\"c\",\"contract\":\"malloc\"},\"thread\":\"");
    expect_logged("\"deed\":\"lent-exclusively\"");
}

static void tell_events_without_a_log(void)
{
    const struct cst_ownership event = {.event = "lend", .deed = CUSTODY_DEED_LENT, .by = ledger};
    cst_audit_open(NULL, "events=ownership");
    cst_audit_ownership(&event);
}

static void without_a_log_events_are_not_told(void **state)
{
    (void)state;
    in_a_process(tell_events_without_a_log);
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_is_a_line_that_the_schema_accepts),
        TEST(an_object_is_told_with_its_type_number_and_history),
        TEST(a_receiver_is_told_with_its_contract),
        TEST(lengths_that_are_not_known_are_not_told),
        TEST(findings_at_exit_have_no_releaser),
        TEST(sixteen_moments_of_sixteen_frames_are_one_line),
        TEST(moments_that_find_no_room_are_counted_as_left_out),
        TEST(handles_are_told_in_words),
        TEST(loans_are_told_in_words),
        TEST(buffers_are_told_in_words),
        TEST(keys_depend_on_type_and_on_where_it_was_made),
        TEST(calls_of_the_api_are_events_that_the_schema_accepts),
        TEST(without_a_log_events_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
