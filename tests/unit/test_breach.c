/* Breaches: what is added to them on their way to become findings, what makes two of them equal, and the events. */
#include "core/breach.h"

#include "world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The last finding, with what it points to. */
static struct cst_finding last;
static struct cst_told last_told;
static struct cst_moment last_moment;
static uintptr_t last_alloc, last_release;
static unsigned findings;

static uint64_t note(const struct cst_finding *finding)
{
    last = *finding;
    last_told = *finding->told;
    if (finding->told->moment_count > 0) {
        last_moment = finding->told->moments[0];
    }
    last_alloc = innermost(&finding->alloc);
    last_release = innermost(&finding->release);
    return ++findings;
}

static const struct cst_call api_call = {.door = CUSTODY_DOOR_CUSTODY_RELEASE, .return_address = AT_RELEASE};

static struct cst_breach a_breach(uintptr_t address)
{
    return (struct cst_breach){.kind = CUSTODY_FINDING_NOT_OWNER,
                               .address = address,
                               .by = library_side,
                               .call = &api_call,
                               .told = {.function = "custody_transfer", .advice = "the owner does that", .number = 5},
                               .owner = program_side};
}

static int forget(void **state)
{
    (void)state;
    world_forget();
    findings = 0;
    last = (struct cst_finding){0};
    return 0;
}

static void a_block_of_the_heap_brings_its_facts(void **state)
{
    (void)state;
    char *block = make(CUSTODY_DOOR_MALLOC, rust_side, 333, 16);
    struct cst_breach breach = a_breach((uintptr_t)block + 7);
    cst_breach_tell(&breach);
    assert_int_equal(findings, 1);
    assert_int_equal(last.kind, CUSTODY_FINDING_NOT_OWNER);
    assert_int_equal(last.severity, CUSTODY_SEVERITY_ERROR);
    assert_int_equal(last.confidence, CUSTODY_CONFIDENCE_EXACT);
    assert_true(last.has_block);
    assert_int_equal(last.address, (uintptr_t)block + 7);
    assert_int_equal(last.block_address, (uintptr_t)block);
    assert_int_equal(last.block_size, 333);
    assert_string_equal(last.owner.side, "program");
    assert_int_equal(last.owner.lang, CUSTODY_LANG_RUST);
    assert_int_equal(last.owner.contract, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(last_alloc, AT_MAKE);
    assert_int_equal(last_release, AT_RELEASE);
    assert_string_equal(last_told.function, "custody_transfer");
    assert_int_equal(last_told.number, 5);
    release(CUSTODY_DOOR_FREE, rust_side, block);
}

static void without_a_block_the_owner_is_who_is_said_to_be(void **state)
{
    (void)state;
    int elsewhere;
    struct cst_breach breach = a_breach((uintptr_t)&elsewhere);
    cst_breach_tell(&breach);
    assert_false(last.has_block);
    assert_int_equal(last.alloc.count, 0);
    assert_string_equal(last.owner.side, "program");
    assert_int_equal(last.owner.lang, CUSTODY_LANG_C);
    assert_int_equal(last.owner.contract, CUSTODY_CONTRACT_UNKNOWN);
}

static void a_call_of_the_api_is_of_the_contract_custody_and_a_door_of_its_own(void **state)
{
    (void)state;
    struct cst_breach breach = a_breach(8);
    cst_breach_tell(&breach);
    assert_true(last.has_by);
    assert_string_equal(last.by.side, "library");
    assert_int_equal(last.by.contract, CUSTODY_CONTRACT_CUSTODY);
    const struct cst_call free_call = {.door = CUSTODY_DOOR_FREE, .return_address = AT_RELEASE};
    breach.call = &free_call;
    breach.told.function = NULL;
    breach.kind = CUSTODY_FINDING_RELEASED_WHILE_LENT;
    cst_breach_tell(&breach);
    assert_int_equal(last.by.contract, CUSTODY_CONTRACT_MALLOC);
    assert_int_equal(last.call, CUSTODY_DOOR_FREE);
}

static void who_is_not_named_is_who_calls(void **state)
{
    (void)state;
    const struct cst_call from_here = {.door = CUSTODY_DOOR_CUSTODY_RELEASE, .return_address = (uintptr_t)note + 1};
    struct cst_breach breach = a_breach(8);
    breach.by = CST_SIDE_UNKNOWN;
    breach.call = &from_here;
    cst_breach_tell(&breach);
    assert_string_equal(last.by.side, "test_breach");
    breach.call = &api_call; /* from nowhere */
    cst_breach_tell(&breach);
    assert_string_equal(last.by.side, "unknown");
}

static void at_exit_nobody_calls(void **state)
{
    (void)state;
    struct cst_breach breach = a_breach(8);
    breach.kind = CUSTODY_FINDING_HANDLE_LEAK;
    breach.call = NULL;
    breach.told.function = NULL;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 1);
    assert_false(last.has_by);
    assert_int_equal(last.release.count, 0);
}

static void the_history_goes_with_it(void **state)
{
    (void)state;
    struct cst_history history = {0};
    const struct cst_deed made = {.deed = CUSTODY_DEED_MADE, .by = library_side, .stack = 77};
    for (unsigned i = 0; i < 20; i++) {
        cst_history_add(&history, &made);
    }
    struct cst_history_copy copy;
    cst_history_copy(&history, &copy);
    struct cst_breach breach = a_breach(8);
    breach.history = &copy;
    cst_breach_tell(&breach);
    assert_int_equal(last_told.moment_count, CST_MOMENTS_MAX - 1);
    assert_int_equal(last_told.moments_left_out, 20 - (CST_MOMENTS_MAX - 1));
    assert_int_equal(last_moment.stack, 77);
    cst_history_clear(&history);
}

static uint64_t repeats;

static void add_repeat(uint64_t key, uint64_t count, void *data)
{
    (void)key;
    (void)data;
    repeats += count;
}

static void equal_ones_are_told_once_and_counted(void **state)
{
    (void)state;
    static struct cst_history_copy from_one_place = {.count = 1}, from_another = {.count = 1};
    from_one_place.moments[0].stack = 1;
    from_another.moments[0].stack = 2;
    struct cst_breach breach = a_breach(8);
    breach.history = &from_one_place;
    breach.told.type = "ledger";
    cst_breach_tell(&breach);
    breach.address = 16;
    breach.told.number = 6;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 1);
    repeats = 0;
    cst_findings_each_repeat(add_repeat, NULL);
    assert_int_equal(repeats, 2);

    breach.told.type = "account";
    cst_breach_tell(&breach);
    assert_int_equal(findings, 2);
    breach.history = &from_another;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 3);
    breach.by = program_side;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 4);
    const struct cst_call elsewhere = {.door = CUSTODY_DOOR_CUSTODY_RELEASE, .return_address = AT_AGAIN};
    breach.call = &elsewhere;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 5);
    breach.kind = CUSTODY_FINDING_LEND_CONFLICT;
    cst_breach_tell(&breach);
    assert_int_equal(findings, 6);
}

static void an_error_ends_the_program_where_that_is_set(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        cst_engine_settings.abort_on_error = true;
        signal(SIGABRT, SIG_DFL);
        struct cst_breach breach = a_breach(8);
        cst_breach_tell(&breach);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static struct cst_ownership last_event;
static unsigned events;

static void take_event(const struct cst_ownership *ownership)
{
    last_event = *ownership;
    events++;
}

static void events_are_sent_where_they_are_wanted(void **state)
{
    (void)state;
    const struct cst_deed lent = {.deed = CUSTODY_DEED_LENT, .by = program_side, .to = library_side, .stack = 9};
    cst_breach_start(take_event, false);
    assert_false(cst_breach_wants_events());
    cst_breach_event("lend", &lent, 3, 0x1000, 64, NULL);
    assert_int_equal(events, 0);
    cst_breach_start(take_event, true);
    assert_true(cst_breach_wants_events());
    cst_breach_event("lend", &lent, 3, 0x1000, 64, NULL);
    assert_int_equal(events, 1);
    assert_string_equal(last_event.event, "lend");
    assert_int_equal(last_event.deed, CUSTODY_DEED_LENT);
    assert_int_equal(last_event.number, 3);
    assert_int_equal(last_event.address, 0x1000);
    assert_int_equal(last_event.size, 64);
    assert_null(last_event.type);
    assert_string_equal(last_event.by.side, "program");
    assert_true(last_event.has_to);
    assert_string_equal(last_event.to.side, "library");
    assert_int_equal(last_event.stack, 9);
    const struct cst_deed made = {.deed = CUSTODY_DEED_MADE, .by = library_side};
    cst_breach_event("handle", &made, 4, 0x1000, 0, "ledger");
    assert_false(last_event.has_to);
    assert_string_equal(last_event.type, "ledger");
}

static int start(void **state)
{
    (void)state;
    bool started = world_start();
    cst_findings_start(note);
    return started ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_block_of_the_heap_brings_its_facts, forget),
        cmocka_unit_test_setup(without_a_block_the_owner_is_who_is_said_to_be, forget),
        cmocka_unit_test_setup(a_call_of_the_api_is_of_the_contract_custody_and_a_door_of_its_own, forget),
        cmocka_unit_test_setup(who_is_not_named_is_who_calls, forget),
        cmocka_unit_test_setup(at_exit_nobody_calls, forget),
        cmocka_unit_test_setup(the_history_goes_with_it, forget),
        cmocka_unit_test_setup(equal_ones_are_told_once_and_counted, forget),
        cmocka_unit_test_setup(an_error_ends_the_program_where_that_is_set, forget),
        cmocka_unit_test_setup(events_are_sent_where_they_are_wanted, forget),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
