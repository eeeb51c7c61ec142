/* The public API as a program that links the runtime uses it: sides, blocks, questions; misuse becomes findings, never a
 * status. */
#include "custody/custody.h"

#include "core/findings.h"
#include "core/object_table.h"
#include "entry/thread.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static custody_side ledger, vault;

static int register_sides(void **state)
{
    (void)state;
    return custody_side_register("ledger", CUSTODY_LANG_C, &ledger) != CUSTODY_STATUS_OK ||
           custody_side_register("vault", CUSTODY_LANG_CXX, &vault) != CUSTODY_STATUS_OK;
}

static uint64_t found(void)
{
    return cst_findings_count(CUSTODY_SEVERITY_ERROR) + cst_findings_count(CUSTODY_SEVERITY_WARNING);
}

static void every_status_has_a_name_and_a_text(void **state)
{
    (void)state;
    assert_string_equal(custody_status_name(CUSTODY_STATUS_OK), "ok");
    assert_string_equal(custody_status_name(CUSTODY_STATUS_UNKNOWN_ADDRESS), "unknown-address");
    assert_string_equal(custody_status_name((custody_status)999), "unknown");
    assert_string_equal(custody_status_text((custody_status)999), "");
    assert_true(strlen(custody_status_text(CUSTODY_STATUS_EXHAUSTED)) > 0);
    assert_string_equal(custody_version(), CUSTODY_VERSION);
}

static void a_side_is_one_for_equal_names_and_languages(void **state)
{
    (void)state;
    custody_side again, other;
    assert_int_equal(custody_side_register("ledger", CUSTODY_LANG_C, &again), CUSTODY_STATUS_OK);
    assert_int_equal(custody_side_register("ledger", CUSTODY_LANG_RUST, &other), CUSTODY_STATUS_OK);
    assert_int_equal(again, ledger);
    assert_int_not_equal(other, ledger);
}

static void a_side_needs_a_name_a_language_and_a_place_for_the_answer(void **state)
{
    (void)state;
    custody_side side;
    assert_int_equal(custody_side_register(NULL, CUSTODY_LANG_C, &side), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_side_register("", CUSTODY_LANG_C, &side), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_side_register("x", CUSTODY_LANG_COUNT, &side), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_side_register("x", CUSTODY_LANG_C, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
}

static void a_block_is_described_by_any_address_in_it(void **state)
{
    (void)state;
    char *block = custody_alloc(ledger, 300, 64);
    struct custody_description description;
    assert_int_equal((uintptr_t)block % 64, 0);
    assert_int_equal(custody_describe(block + 299, &description), CUSTODY_STATUS_OK);
    assert_int_equal(description.start, (uintptr_t)block);
    assert_int_equal(description.size, 300);
    assert_int_equal(description.align, 64);
    assert_true(description.live);
    assert_string_equal(description.side, "ledger");
    assert_int_equal(description.lang, CUSTODY_LANG_C);
    assert_int_equal(description.contract, CUSTODY_CONTRACT_CUSTODY);
    assert_true(description.frame_count > 0);
    custody_release(ledger, block);
    assert_int_equal(custody_describe(block, &description), CUSTODY_STATUS_OK);
    assert_false(description.live);
}

static void expect_place(const void *address, const char *place)
{
    struct custody_description description;
    custody_side owner;
    assert_int_equal(custody_describe(address, &description), CUSTODY_STATUS_OK);
    assert_string_equal(description.place, place);
    assert_int_equal(description.start, 0);
    assert_string_equal(description.side, "unknown");
    assert_int_equal(custody_owner(address, &owner), CUSTODY_STATUS_UNKNOWN_ADDRESS);
}

static void what_is_no_block_has_a_place(void **state)
{
    (void)state;
    struct custody_description description;
    char *mapping = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect_place(&description, "stack");
    expect_place("text", "static");
    expect_place(&ledger, "static");
    expect_place(mapping, "mapping");
    expect_place(mapping + 100, "foreign");
    expect_place((void *)16, "wild");
    munmap(mapping, 8192);
    assert_int_equal(custody_describe(NULL, &description), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_describe(&description, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
}

static void an_owner_is_that_of_the_live_block(void **state)
{
    (void)state;
    char *block = custody_alloc(vault, 301, 0);
    custody_side owner = 0;
    assert_int_equal(custody_owner(block + 300, &owner), CUSTODY_STATUS_OK);
    assert_int_equal(owner, vault);
    assert_int_equal(custody_owner(block, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_owner(NULL, &owner), CUSTODY_STATUS_INVALID_ARGUMENT);
    custody_release(vault, block);
    assert_int_equal(custody_owner(block, &owner), CUSTODY_STATUS_UNKNOWN_ADDRESS);
}

static void a_side_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(custody_side_name(ledger), "ledger");
    assert_string_equal(custody_side_name(0), "unknown");
    assert_string_equal(custody_side_name(UINT16_MAX), "unknown");
}

static void code_is_of_its_modules_side(void **state)
{
    (void)state;
    custody_side caller, own, libc;
    assert_int_equal(custody_side_of_caller(&caller), CUSTODY_STATUS_OK);
    assert_int_equal(custody_side_of_code((const void *)code_is_of_its_modules_side, &own), CUSTODY_STATUS_OK);
    assert_int_equal(custody_side_of_code((const void *)getppid, &libc), CUSTODY_STATUS_OK);
    assert_int_not_equal(caller, 0);
    assert_int_equal(caller, own);
    assert_string_equal(custody_side_name(own), "test_api");
    assert_string_equal(custody_side_name(libc), "libc.so.6");
    assert_int_equal(custody_side_of_caller(NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_side_of_code(NULL, &own), CUSTODY_STATUS_INVALID_ARGUMENT);
    assert_int_equal(custody_side_of_code((const void *)getppid, NULL), CUSTODY_STATUS_INVALID_ARGUMENT);
}

static void what_is_no_code_is_of_no_side(void **state)
{
    (void)state;
    custody_side side = 77;
    assert_int_equal(custody_side_of_code(&ledger, &side), CUSTODY_STATUS_UNKNOWN_ADDRESS);
    assert_int_equal(custody_side_of_code(&side, &side), CUSTODY_STATUS_UNKNOWN_ADDRESS);
    assert_int_equal(custody_side_of_code((void *)16, &side), CUSTODY_STATUS_UNKNOWN_ADDRESS);
    assert_int_equal(side, 77);
}

/* Calls custody_print with stderr in a pipe; what it said is in `out_text`. */
static void print_to(const void *address, char out_text[8192])
{
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    custody_print(address);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t got = read(ends[0], out_text, 8191);
    out_text[got > 0 ? got : 0] = '\0';
    close(ends[0]);
}

static void expect_printed(const void *address, const char *line)
{
    char text[8192];
    print_to(address, text);
    if (!strstr(text, line))
        fail_msg("not printed: %s\nbut: %s", line, text);
}

static void a_printed_block_is_described_in_lines(void **state)
{
    (void)state;
    char *block = custody_alloc(ledger, 302, 64);
    expect_printed(block, ": a live block of 302 bytes at 0x");
    expect_printed(block + 2, ": 2 bytes into a live block of 302 bytes at 0x");
    expect_printed(block, ", aligned to 64\ncustody:   owned by ledger (c) under the contract custody\n");
    expect_printed(block, "custody:   allocated at test_api+0x");
    custody_release(ledger, block);
    expect_printed(block, ": a released block of 302 bytes");
    expect_printed(block, "custody:   released at test_api+0x");
}

static void what_the_program_told_of_a_block_is_described_and_printed(void **state)
{
    (void)state;
    custody_type type;
    custody_loan loan;
    struct custody_description description;
    assert_int_equal(custody_type_register(ledger, "page", "page_close", 0, &type), CUSTODY_STATUS_OK);
    char *page = custody_create(type, 303);
    assert_int_equal(custody_lend(page, ledger, vault, CUSTODY_LOAN_SHARED, &loan), 1);
    assert_int_equal(custody_describe(page + 9, &description), CUSTODY_STATUS_OK);
    assert_string_equal(description.type, "page");
    assert_int_equal(description.loans, 1);
    expect_printed(page, "custody:   an object of the type page\n");
    expect_printed(page, "custody:   1 loan is out\n");
    expect_printed(page, "custody:   lent by ledger (c) to vault (c++) at test_api+0x");
    assert_int_equal(custody_return(loan), 1);
    assert_int_equal(custody_describe(page, &description), CUSTODY_STATUS_OK);
    assert_int_equal(description.loans, 0);
    assert_int_equal(custody_destroy(type, page), CUSTODY_ENDED);
    assert_int_equal(custody_describe(page, &description), CUSTODY_STATUS_OK);
    assert_null(description.type);
}

/* A debugger or a signal may stop a thread inside the runtime, where it holds the locks of what the program told. */
static void what_the_program_told_is_not_asked_for_inside_the_runtime(void **state)
{
    (void)state;
    custody_type type;
    struct custody_description description;
    assert_int_equal(custody_type_register(ledger, "page", "page_close", 0, &type), CUSTODY_STATUS_OK);
    char *page = custody_create(type, 304);
    uint8_t mode = cst_thread_guard();
    cst_objects_lock((uintptr_t)page);
    alarm(60);
    assert_int_equal(custody_describe(page, &description), CUSTODY_STATUS_OK);
    expect_printed(page, ": a live block of 304 bytes at 0x");
    alarm(0);
    cst_objects_unlock((uintptr_t)page);
    cst_thread_unguard(mode);
    assert_int_equal(description.size, 304);
    assert_null(description.type);
    assert_int_equal(custody_destroy(type, page), CUSTODY_ENDED);
}

static void a_printed_address_that_is_no_block_has_a_place(void **state)
{
    char local = 0;
    expect_printed(&local, ": on a stack: [stack]\n");
    expect_printed(&ledger, ": code or static data: test_api\n");
    expect_printed((void *)16, "custody: 0x10: not mapped\n");
    expect_printed(NULL, "custody: 0x0: not mapped\n");
    (void)state;
}

static void a_resize_keeps_contents_and_alignment(void **state)
{
    (void)state;
    char *block = custody_alloc(ledger, 10, 256);
    memcpy(block, "contents!", 10);
    block = custody_resize(ledger, block, 5000);
    assert_string_equal(block, "contents!");
    assert_int_equal((uintptr_t)block % 256, 0);
    custody_release(ledger, block);
    custody_release(ledger, NULL);
    block = custody_resize(ledger, NULL, 7);
    assert_non_null(block);
    custody_release(ledger, block);
}

static void impossible_requests_give_null_and_errno(void **state)
{
    (void)state;
    errno = 0;
    assert_null(custody_alloc(ledger, 10, 48));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(custody_alloc(ledger, SIZE_MAX / 2, 0));
    assert_int_equal(errno, ENOMEM);
    char *block = custody_alloc(ledger, 20, 0);
    assert_null(custody_resize(ledger, block, SIZE_MAX / 2));
    struct custody_description description;
    assert_int_equal(custody_describe(block, &description), CUSTODY_STATUS_OK);
    assert_int_equal(description.size, 20);
    custody_release(ledger, block);
}

static void right_use_is_silent(void **state)
{
    (void)state;
    uint64_t before = found();
    for (size_t size = 0; size < 3000; size += 7) {
        custody_release(vault, custody_resize(vault, custody_alloc(vault, size, 0), size + 100));
    }
    assert_int_equal(found(), before);
}

static void a_second_release_is_a_finding_and_leaves_errno(void **state)
{
    (void)state;
    uint64_t before = found();
    void *block = custody_alloc(ledger, 33, 0);
    custody_release(ledger, block);
    errno = 77;
    custody_release(ledger, block);
    assert_int_equal(errno, 77);
    assert_int_equal(found(), before + 1);
}

/* Calls custody_find_leaks with what `values` are the complements of in the registers that functions preserve, and nowhere
 * else: not even the stack has the values themselves. */
__asm__(".text\n"
        ".type find_leaks_holding, @function\n"
        "find_leaks_holding:\n"
        "    push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
        "    sub $8, %rsp\n"
        "    mov (%rsi), %rbx; not %rbx\n"
        "    mov 8(%rsi), %r12; not %r12\n"
        "    mov 16(%rsi), %r13; not %r13\n"
        "    mov 24(%rsi), %r14; not %r14\n"
        "    mov 32(%rsi), %r15; not %r15\n"
        "    mov 40(%rsi), %rbp; not %rbp\n"
        "    call custody_find_leaks\n"
        "    add $8, %rsp\n"
        "    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
        "    ret\n"
        ".size find_leaks_holding, . - find_leaks_holding\n");
custody_status find_leaks_holding(struct custody_leaks *out_leaks, const uintptr_t values[6]);

/* Overwrites what calls have left below. */
__attribute__((noinline)) static void clear_stack(void)
{
    volatile char used[16384];
    for (size_t i = 0; i < sizeof used; i++) {
        used[i] = 0;
    }
}

__attribute__((noinline)) static void make_hidden(uintptr_t *out_values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out_values[i] = ~(uintptr_t)custody_alloc(ledger, 1000 + i, 0);
    }
}

static void what_the_callers_registers_hold_is_reachable(void **state)
{
    (void)state;
    uintptr_t nothing[6] = {~(uintptr_t)0, ~(uintptr_t)0, ~(uintptr_t)0, ~(uintptr_t)0, ~(uintptr_t)0, ~(uintptr_t)0};
    uintptr_t values[6];
    struct custody_leaks before, held, lost;
    assert_int_equal(find_leaks_holding(&before, nothing), CUSTODY_STATUS_OK);
    make_hidden(values, 6);
    clear_stack();
    assert_int_equal(find_leaks_holding(&held, values), CUSTODY_STATUS_OK);
    clear_stack();
    assert_int_equal(find_leaks_holding(&lost, nothing), CUSTODY_STATUS_OK);
    assert_int_equal(held.definite_blocks, before.definite_blocks);
    assert_int_equal(held.reachable_blocks, before.reachable_blocks + 6);
    assert_int_equal(lost.definite_blocks, before.definite_blocks + 6);
    for (size_t i = 0; i < 6; i++) {
        custody_release(ledger, (void *)~values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_and_a_text),
        cmocka_unit_test(a_side_is_one_for_equal_names_and_languages),
        cmocka_unit_test(a_side_needs_a_name_a_language_and_a_place_for_the_answer),
        cmocka_unit_test(a_block_is_described_by_any_address_in_it),
        cmocka_unit_test(what_is_no_block_has_a_place),
        cmocka_unit_test(an_owner_is_that_of_the_live_block),
        cmocka_unit_test(a_side_has_a_name),
        cmocka_unit_test(code_is_of_its_modules_side),
        cmocka_unit_test(what_is_no_code_is_of_no_side),
        cmocka_unit_test(a_printed_block_is_described_in_lines),
        cmocka_unit_test(what_the_program_told_of_a_block_is_described_and_printed),
        cmocka_unit_test(what_the_program_told_is_not_asked_for_inside_the_runtime),
        cmocka_unit_test(a_printed_address_that_is_no_block_has_a_place),
        cmocka_unit_test(a_resize_keeps_contents_and_alignment),
        cmocka_unit_test(impossible_requests_give_null_and_errno),
        cmocka_unit_test(right_use_is_silent),
        cmocka_unit_test(what_the_callers_registers_hold_is_reachable),
        cmocka_unit_test(a_second_release_is_a_finding_and_leaves_errno),
    };
    return cmocka_run_group_tests(tests, register_sides, NULL);
}
