/* Rules of return addresses: made from the tables of functions written for this in assembler, each with what a compiler,
 * a linker or a libc says of such code somewhere. */
#include "site/frame_rule.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A function named `name` with one call in it; `name_return` is where that returns to. */
#define FUNCTION(name, directives) \
    extern const char name##_return[]; \
    __asm__(".text\n" #name ":\n    .cfi_startproc\n" directives "    call " #name "\n" #name "_return:\n    nop\n" \
            "    .cfi_endproc\n.globl " #name "_return\n")

FUNCTION(without_frame, "    .cfi_def_cfa_offset 64\n");
FUNCTION(with_pushes, "    .cfi_def_cfa_offset 48\n    .cfi_offset %rbx, -48\n    .cfi_offset %rbp, -40\n");
FUNCTION(with_pointer, "    .cfi_def_cfa %rbp, 16\n    .cfi_offset %rbp, -16\n");
FUNCTION(aligned, "    .cfi_escape 0x0f, 3, 0x76, 0x78, 0x06\n    .cfi_escape 0x10, 6, 2, 0x76, 0\n");
FUNCTION(switched, "    .cfi_escape 0x0f, 3, 0x77, 0x18, 0x06\n");
FUNCTION(outermost, "    .cfi_undefined %rip\n");
FUNCTION(signal_frame, "    .cfi_signal_frame\n");
FUNCTION(in_rbx, "    .cfi_def_cfa %rbx, 24\n");
FUNCTION(computed, "    .cfi_escape 0x0f, 4, 0x77, 0x18, 0x06, 0x06\n");
FUNCTION(odd, "    .cfi_def_cfa_offset 12\n");
FUNCTION(huge, "    .cfi_def_cfa_offset 0x7ffff8\n");
FUNCTION(too_huge, "    .cfi_def_cfa_offset 0x800000\n");
FUNCTION(returning_elsewhere, "    .cfi_offset %rip, -16\n");
FUNCTION(without_rbp, "    .cfi_undefined %rbp\n");
FUNCTION(unreadable, "    .cfi_escape 0x0b\n");

/* A stub of a linkage table: from its 11th byte on one more word is on the stack. */
extern const char stub[];
__asm__(".text\n.p2align 4\nstub:\n    .cfi_startproc\n"
        "    .cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22\n"
        "    .fill 16, 1, 0x90\n    .cfi_endproc\n.globl stub\n");

/* Code without tables, and one that is known by its bytes. */
extern const char no_table_return[], restorer[];
__asm__(".text\n    .fill 16, 1, 0x90\nno_table:\n    call no_table\nno_table_return:\n    nop\n    nop\n"
        "restorer:\n    mov $15, %rax\n    syscall\n    .fill 16, 1, 0x90\n.globl no_table_return\n.globl restorer\n");

static uint32_t rule_of(const char *address)
{
    return cst_frame_rule_make((uintptr_t)address);
}

static void assert_rule(const char *address, enum cst_frame_kind kind, unsigned rbp, int64_t offset)
{
    uint32_t rule = rule_of(address);
    assert_int_equal(cst_frame_kind(rule), kind);
    assert_int_equal(cst_frame_rbp(rule), rbp);
    assert_int_equal((int64_t)cst_frame_offset(rule), offset);
    assert_int_equal(rule >> CST_FRAME_RULE_BITS, 0);
}

static void frames_without_a_pointer_are_found_from_the_stack_pointer(void **state)
{
    (void)state;
    assert_rule(without_frame_return, CST_FRAME_SP, CST_FRAME_RBP_SAME, 64);
    assert_rule(with_pushes_return, CST_FRAME_SP, CST_FRAME_RBP_ABOVE + 3, 48);
    assert_rule(without_rbp_return, CST_FRAME_SP, CST_FRAME_RBP_LOST, 8);
    assert_rule(huge_return, CST_FRAME_SP, CST_FRAME_RBP_SAME, 0x7ffff8);
}

static void frames_with_a_pointer_are_found_from_it(void **state)
{
    (void)state;
    assert_rule(with_pointer_return, CST_FRAME_BP, CST_FRAME_RBP_ABOVE, 16);
}

static void aligned_frames_are_found_through_memory(void **state)
{
    (void)state;
    assert_rule(aligned_return, CST_FRAME_BP_WORD, CST_FRAME_RBP_POINTED, -8);
    assert_rule(switched_return, CST_FRAME_SP_WORD, CST_FRAME_RBP_SAME, 24);
}

static void the_outermost_frame_is_the_end(void **state)
{
    (void)state;
    assert_int_equal(cst_frame_kind(rule_of(outermost_return)), CST_FRAME_END);
}

static void what_is_not_understood_is_the_end(void **state)
{
    (void)state;
    const char *const strange[] = {
        in_rbx_return, computed_return, odd_return, too_huge_return, returning_elsewhere_return, unreadable_return};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        assert_int_equal(cst_frame_kind(rule_of(strange[i])), CST_FRAME_END);
    }
}

static void a_signals_return_is_known_by_its_table_or_its_bytes(void **state)
{
    (void)state;
    assert_int_equal(cst_frame_kind(rule_of(signal_frame_return)), CST_FRAME_SIGNAL);
    assert_int_equal(cst_frame_kind(rule_of(restorer)), CST_FRAME_SIGNAL);
}

static void a_stub_has_one_word_or_two_on_the_stack(void **state)
{
    (void)state;
    for (uintptr_t at = 0; at < 16; at++) { /* the address behind the byte that is meant */
        assert_rule(stub + at + 1, CST_FRAME_SP, CST_FRAME_RBP_SAME, at >= 11 ? 16 : 8);
    }
}

static void code_without_tables_has_a_frame_pointer_if_anything(void **state)
{
    (void)state;
    assert_rule(no_table_return, CST_FRAME_POINTER, CST_FRAME_RBP_ABOVE, 16);
    assert_true(cst_frame_follows_call(rule_of(no_table_return)));
    assert_false(cst_frame_follows_call(rule_of(no_table_return + 1)));
}

static void what_is_no_code_has_no_rule(void **state)
{
    (void)state;
    static const char data[] = "data";
    assert_int_equal(rule_of(data + 1), CST_FRAME_OUTSIDE);
    assert_int_equal(cst_frame_rule_make(0), CST_FRAME_OUTSIDE);
    assert_int_equal(cst_frame_rule_make(4097), CST_FRAME_OUTSIDE);
    assert_int_equal(cst_frame_rule_make(UINTPTR_MAX), CST_FRAME_OUTSIDE);
    assert_int_equal(cst_frame_rule_make((uintptr_t)&state), CST_FRAME_OUTSIDE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_without_a_pointer_are_found_from_the_stack_pointer),
        cmocka_unit_test(frames_with_a_pointer_are_found_from_it),
        cmocka_unit_test(aligned_frames_are_found_through_memory),
        cmocka_unit_test(the_outermost_frame_is_the_end),
        cmocka_unit_test(what_is_not_understood_is_the_end),
        cmocka_unit_test(a_signals_return_is_known_by_its_table_or_its_bytes),
        cmocka_unit_test(a_stub_has_one_word_or_two_on_the_stack),
        cmocka_unit_test(code_without_tables_has_a_frame_pointer_if_anything),
        cmocka_unit_test(what_is_no_code_has_no_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
