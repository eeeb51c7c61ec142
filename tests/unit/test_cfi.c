/* Call frame instructions: each does what DWARF says it does; programs that are cut off, garbage or far too long end, and
 * nothing beyond them is read. Programs lie at the end of a page behind which nothing is mapped. */
#include "site/cfi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define START ((uintptr_t)0x1000)
#define PAGE ((size_t)4096)

static uint8_t *common_end, *own_end;

static int map_pages(void **state)
{
    (void)state;
    uint8_t *area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || mprotect(area + PAGE, PAGE, PROT_NONE) || mprotect(area + 3 * PAGE, PAGE, PROT_NONE)) {
        return -1;
    }
    common_end = area + PAGE;
    own_end = area + 3 * PAGE;
    return 0;
}

static struct cst_range place(uint8_t *end, const uint8_t *bytes, size_t size)
{
    if (size != 0) {
        memcpy(end - size, bytes, size);
    }
    return (struct cst_range){(uintptr_t)end - size, (uintptr_t)end};
}

/* What compilers begin with: the CFA is rsp + 8, the return address below. */
static const uint8_t usual[] = {0x0c, 7, 8, 0x80 | 16, 1};

static struct cst_fde function_of(const uint8_t *program, size_t size)
{
    return (struct cst_fde){.function = {START, START + 100000},
                            .common = place(common_end, usual, sizeof usual),
                            .instructions = place(own_end, program, size),
                            .code_factor = 1,
                            .data_factor = -8};
}

static struct cst_cfi_row run(const uint8_t *program, size_t size, uintptr_t offset)
{
    struct cst_fde fde = function_of(program, size);
    struct cst_cfi_row row;
    memset(&row, 0x55, sizeof row);
    assert_true(cst_cfi_row_at(&fde, START + offset, &row));
    return row;
}

static bool fails(const uint8_t *program, size_t size)
{
    struct cst_fde fde = function_of(program, size);
    struct cst_cfi_row row;
    return !cst_cfi_row_at(&fde, START + 50000, &row);
}

#define RUN(offset, ...) run((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__}, offset)
#define FAILS(...) fails((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

static void assert_cfa(struct cst_cfi_row row, uint64_t number, int64_t offset)
{
    assert_int_equal(row.cfa_register, number);
    assert_int_equal(row.cfa_offset, offset);
    assert_int_equal(row.cfa_expression.lo, row.cfa_expression.hi);
}

static void assert_saved(struct cst_cfi_saved saved, enum cst_cfi_how how, int64_t offset)
{
    assert_int_equal(saved.how, how);
    if (how == CST_CFI_AT_CFA) {
        assert_int_equal(saved.offset, offset);
    }
}

static void a_function_without_instructions_has_the_common_row(void **state)
{
    (void)state;
    struct cst_cfi_row row = run(NULL, 0, 5);
    assert_cfa(row, CST_CFI_RSP, 8);
    assert_saved(row.rip, CST_CFI_AT_CFA, -8);
    assert_saved(row.rbp, CST_CFI_SAME, 0);
}

static void a_frame_pointer_is_followed_through_a_function(void **state)
{
    (void)state;
    /* push %rbp (1 byte); mov %rsp,%rbp (3); ...; pop at 40 */
    const uint8_t program[] = {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x02, 36, 0x0c, 7, 8, 0xc6};
    assert_cfa(run(program, sizeof program, 0), CST_CFI_RSP, 8);
    assert_cfa(run(program, sizeof program, 1), CST_CFI_RSP, 16);
    assert_cfa(run(program, sizeof program, 3), CST_CFI_RSP, 16);
    assert_cfa(run(program, sizeof program, 4), CST_CFI_RBP, 16);
    assert_cfa(run(program, sizeof program, 39), CST_CFI_RBP, 16);
    assert_cfa(run(program, sizeof program, 40), CST_CFI_RSP, 8);
    assert_saved(run(program, sizeof program, 0).rbp, CST_CFI_SAME, 0);
    assert_saved(run(program, sizeof program, 1).rbp, CST_CFI_AT_CFA, -16);
    assert_saved(run(program, sizeof program, 40).rbp, CST_CFI_SAME, 0);
}

static void advances_of_every_width_count(void **state)
{
    (void)state;
    assert_cfa(RUN(0x3e, 0x7f, 0x0e, 16), CST_CFI_RSP, 8);
    assert_cfa(RUN(0x3f, 0x7f, 0x0e, 16), CST_CFI_RSP, 16);
    assert_cfa(RUN(0xfe, 0x02, 0xff, 0x0e, 16), CST_CFI_RSP, 8);
    assert_cfa(RUN(0xff, 0x02, 0xff, 0x0e, 16), CST_CFI_RSP, 16);
    assert_cfa(RUN(0x1233, 0x03, 0x34, 0x12, 0x0e, 16), CST_CFI_RSP, 8);
    assert_cfa(RUN(0x1234, 0x03, 0x34, 0x12, 0x0e, 16), CST_CFI_RSP, 16);
    assert_cfa(RUN(0x10001, 0x04, 0x02, 0, 1, 0, 0x0e, 16), CST_CFI_RSP, 8);
    assert_cfa(RUN(0x10002, 0x04, 0x02, 0, 1, 0, 0x0e, 16), CST_CFI_RSP, 16);
}

static void the_code_factor_multiplies_advances(void **state)
{
    (void)state;
    const uint8_t program[] = {0x42, 0x0e, 16};
    struct cst_fde fde = function_of(program, sizeof program);
    struct cst_cfi_row row;
    fde.code_factor = 4;
    assert_true(cst_cfi_row_at(&fde, START + 7, &row));
    assert_cfa(row, CST_CFI_RSP, 8);
    assert_true(cst_cfi_row_at(&fde, START + 8, &row));
    assert_cfa(row, CST_CFI_RSP, 16);
}

static void every_way_to_define_the_cfa_is_known(void **state)
{
    (void)state;
    assert_cfa(RUN(0, 0x0c, 3, 0x80, 1), 3, 128);
    assert_cfa(RUN(0, 0x0d, 6), CST_CFI_RBP, 8);
    assert_cfa(RUN(0, 0x0e, 0xd0, 0x80, 0x08), CST_CFI_RSP, 0x20050);
    assert_cfa(RUN(0, 0x12, 6, 0x7e), CST_CFI_RBP, 16);
    assert_cfa(RUN(0, 0x13, 0x7b), CST_CFI_RSP, 40);
    struct cst_cfi_row row = RUN(0, 0x0f, 3, 0x76, 0x78, 0x06);
    assert_int_equal(row.cfa_expression.hi - row.cfa_expression.lo, 3);
    assert_memory_equal((const void *)row.cfa_expression.lo, ((const uint8_t[]){0x76, 0x78, 0x06}), 3);
    assert_cfa(RUN(0, 0x0f, 3, 0x76, 0x78, 0x06, 0x0c, 7, 8), CST_CFI_RSP, 8);
}

static void every_way_to_save_a_register_is_known(void **state)
{
    (void)state;
    assert_saved(RUN(0, 0x86, 3).rbp, CST_CFI_AT_CFA, -24);
    assert_saved(RUN(0, 0x05, 6, 3).rbp, CST_CFI_AT_CFA, -24);
    assert_saved(RUN(0, 0x11, 6, 0x7d).rbp, CST_CFI_AT_CFA, 24);
    assert_saved(RUN(0, 0x2f, 6, 3).rbp, CST_CFI_AT_CFA, 24);
    assert_saved(RUN(0, 0x07, 16).rip, CST_CFI_UNDEFINED, 0);
    assert_saved(RUN(0, 0x07, 16).rbp, CST_CFI_SAME, 0);
    assert_saved(RUN(0, 0x86, 3, 0x08, 6).rbp, CST_CFI_SAME, 0);
    assert_saved(RUN(0, 0x86, 3, 0x06, 6).rbp, CST_CFI_SAME, 0);
    assert_saved(RUN(0, 0x07, 16, 0xc0 | 16).rip, CST_CFI_AT_CFA, -8);
    assert_saved(RUN(0, 0x09, 6, 3).rbp, CST_CFI_OTHER, 0);
    assert_saved(RUN(0, 0x14, 6, 3).rbp, CST_CFI_OTHER, 0);
    assert_saved(RUN(0, 0x15, 6, 3).rbp, CST_CFI_OTHER, 0);
    assert_saved(RUN(0, 0x16, 6, 1, 0x30).rbp, CST_CFI_OTHER, 0);
    struct cst_cfi_row row = RUN(0, 0x10, 6, 2, 0x76, 0);
    assert_saved(row.rbp, CST_CFI_EXPRESSION, 0);
    assert_memory_equal((const void *)row.rbp.expression.lo, ((const uint8_t[]){0x76, 0}), 2);
}

static void other_registers_change_nothing(void **state)
{
    (void)state;
    struct cst_cfi_row row = RUN(0, 0x83, 5, 0x8f, 6, 0x05, 17, 3, 0x07, 3, 0x0a, 0xc3, 0x0b, 0x2e, 0x20, 0x00);
    assert_cfa(row, CST_CFI_RSP, 8);
    assert_saved(row.rbp, CST_CFI_SAME, 0);
    assert_saved(row.rip, CST_CFI_AT_CFA, -8);
}

static void a_remembered_row_comes_back_whole(void **state)
{
    (void)state;
    const uint8_t program[] = {0x0e, 16, 0x86, 2, 0x0a, 0x41, 0x0e, 8, 0xc6, 0x41, 0x0b};
    assert_cfa(run(program, sizeof program, 1), CST_CFI_RSP, 8);
    assert_saved(run(program, sizeof program, 1).rbp, CST_CFI_SAME, 0);
    assert_cfa(run(program, sizeof program, 2), CST_CFI_RSP, 16);
    assert_saved(run(program, sizeof program, 2).rbp, CST_CFI_AT_CFA, -16);
}

static void what_cannot_be_read_fails(void **state)
{
    (void)state;
    assert_true(FAILS(0x0b));                                                 /* nothing was remembered */
    assert_true(FAILS(0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a)); /* too much was */
    assert_true(FAILS(0x01, 0, 0, 0, 0, 0, 0, 0, 0));                         /* an absolute location */
    assert_true(FAILS(0x17));
    assert_true(FAILS(0x2d));
    assert_true(FAILS(0x3f));
    assert_true(FAILS(0x0f, 4, 1, 2, 3)); /* a block longer than what is left */
    assert_true(FAILS(0x0f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0));
}

static void a_program_cut_off_anywhere_reads_nothing_beyond_its_end(void **state)
{
    (void)state;
    const uint8_t program[] = {0x41, 0x0e, 0x90, 0x01, 0x86, 2,    0x03, 1, 0, 0x0f, 3,    0x76, 0x78, 0x06,
                               0x10, 6,    2,    0x76, 0x00, 0x04, 1,    0, 0, 0x00, 0x12, 6,    0xfe, 0x7f};
    struct cst_cfi_row row;
    for (size_t size = 0; size <= sizeof program; size++) {
        struct cst_fde fde = function_of(program, size);
        (void)!cst_cfi_row_at(&fde, START + 50000, &row);
        fde.common = fde.instructions;
        fde.instructions = (struct cst_range){0, 0};
        (void)!cst_cfi_row_at(&fde, START + 50000, &row);
    }
}

static void garbage_ends(void **state)
{
    (void)state;
    uint8_t program[PAGE];
    uint64_t seed = 3;
    struct cst_cfi_row row;
    for (int round = 0; round < 20000; round++) {
        size_t size = 1 + (size_t)round % 200;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            program[i] = (uint8_t)(seed >> 33);
        }
        struct cst_fde fde = function_of(program, size);
        fde.code_factor = seed >> (round % 64);
        fde.data_factor = (int64_t)(seed << (round % 64));
        if (cst_cfi_row_at(&fde, START + seed % 1000, &row)) {
            assert_true(row.cfa_expression.lo <= row.cfa_expression.hi);
        }
    }
    memset(program, 0x0e, sizeof program);
    assert_false(fails(program, sizeof program));
    memset(program, 0x80, sizeof program);
    assert_true(fails(program, sizeof program)); /* one number without an end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_without_instructions_has_the_common_row),
        cmocka_unit_test(a_frame_pointer_is_followed_through_a_function),
        cmocka_unit_test(advances_of_every_width_count),
        cmocka_unit_test(the_code_factor_multiplies_advances),
        cmocka_unit_test(every_way_to_define_the_cfa_is_known),
        cmocka_unit_test(every_way_to_save_a_register_is_known),
        cmocka_unit_test(other_registers_change_nothing),
        cmocka_unit_test(a_remembered_row_comes_back_whole),
        cmocka_unit_test(what_cannot_be_read_fails),
        cmocka_unit_test(a_program_cut_off_anywhere_reads_nothing_beyond_its_end),
        cmocka_unit_test(garbage_ends),
    };
    return cmocka_run_group_tests(tests, map_pages, NULL);
}
