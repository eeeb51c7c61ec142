/* Moved instructions against an oracle: from every place in the code of real binaries, and from random bytes, what was
 * moved must decode, in Zydis, to what it was: the same instructions, with the same registers, constants and targets. */
#include "site/detour_move.h"

#include <Zydis/Zydis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/text.h"

#define PUSH_SIZE 20

/* One instruction as the oracle reads it. */
struct reading {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    uintptr_t address;
};

static ZydisDecoder decoder;
static uintptr_t seed = 1;

static uint64_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 33;
}

static bool read_one(const uint8_t *code, size_t size, uintptr_t address, struct reading *out_reading)
{
    out_reading->address = address;
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, size, &out_reading->insn, out_reading->operands));
}

static uint64_t target_of(const struct reading *reading, const ZydisDecodedOperand *operand)
{
    ZyanU64 target = 0;
    assert_true(ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&reading->insn, operand, reading->address, &target)));
    return target;
}

static bool is_relative(const ZydisDecodedOperand *operand)
{
    return (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operand->imm.is_relative) ||
           (operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base == ZYDIS_REGISTER_RIP);
}

static void operands_are_the_same(const struct reading *old, const struct reading *new, int index)
{
    const ZydisDecodedOperand *a = &old->operands[index], *b = &new->operands[index];
    assert_int_equal(a->type, b->type);
    assert_int_equal(is_relative(a), is_relative(b));
    if (is_relative(a)) {
        assert_int_equal(target_of(old, a), target_of(new, b));
        return;
    }
    switch (a->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        assert_int_equal(a->reg.value, b->reg.value);
        break;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        assert_memory_equal(&a->mem.base, &b->mem.base, sizeof a->mem.base);
        assert_int_equal(a->mem.segment, b->mem.segment);
        assert_int_equal(a->mem.index, b->mem.index);
        assert_int_equal(a->mem.scale, b->mem.scale);
        assert_int_equal(a->mem.disp.value, b->mem.disp.value);
        break;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        assert_int_equal(a->imm.value.u, b->imm.value.u);
        break;
    default:
        break;
    }
}

static void is_the_same(const struct reading *old, const struct reading *new)
{
    assert_int_equal(old->insn.mnemonic, new->insn.mnemonic);
    assert_int_equal(old->insn.operand_count, new->insn.operand_count);
    for (int i = 0; i < old->insn.operand_count; i++) {
        operands_are_the_same(old, new, i);
    }
}

/* A call becomes the pushing of where it returned to, and a jump to where it went. Returns the bytes of both. */
static size_t is_call_in_parts(const struct reading *old, const uint8_t *code, size_t size, uintptr_t address)
{
    static const char *const parts[] = {"lea", "mov", "mov"};
    uint64_t back = old->address + old->insn.length;
    size_t at = 0;
    struct reading part;
    for (int i = 0; i < 3; i++) {
        assert_true(read_one(code + at, size - at, address + at, &part));
        assert_string_equal(ZydisMnemonicGetString(part.insn.mnemonic), parts[i]);
        if (i > 0) {
            assert_int_equal(part.operands[0].mem.disp.value, i == 1 ? 0 : 4);
            assert_int_equal((uint32_t)part.operands[1].imm.value.u, (uint32_t)(i == 1 ? back : back >> 32));
        }
        at += part.insn.length;
    }
    assert_int_equal(at, PUSH_SIZE);
    assert_true(read_one(code + at, size - at, address + at, &part));
    assert_int_equal(part.insn.mnemonic, ZYDIS_MNEMONIC_JMP);
    operands_are_the_same(old, &part, 0);
    return at + part.insn.length;
}

/* Moves what stands at `code` and compares. False when it was refused. */
static bool moved_as_it_was(const uint8_t *code, size_t size, uintptr_t from, uintptr_t to)
{
    struct cst_moved moved = {.size = 0};
    struct reading old, new;
    if (!cst_detour_move(code, size, from, to, &moved)) {
        return false;
    }
    size_t at = 0, done = 0;
    for (size_t i = 0; i < moved.count; i++) {
        if (!read_one(code + done, size - done, from + done, &old)) {
            return false; /* no instruction: such code never runs, here or elsewhere */
        }
        if (old.insn.mnemonic == ZYDIS_MNEMONIC_CALL) {
            at += is_call_in_parts(&old, moved.bytes + at, moved.size - at, to + at);
        } else {
            assert_true(read_one(moved.bytes + at, moved.size - at, to + at, &new));
            is_the_same(&old, &new);
            at += new.insn.length;
        }
        done += old.insn.length;
    }
    assert_int_equal(done, moved.taken);
    assert_true(done >= CST_DETOUR_JUMP_SIZE);
    assert_true(read_one(moved.bytes + at, moved.size - at, to + at, &new));
    assert_int_equal(new.insn.mnemonic, ZYDIS_MNEMONIC_JMP);
    assert_int_equal(target_of(&new, &new.operands[0]), from + done);
    assert_int_equal(at + new.insn.length, moved.size);
    return true;
}

static void code_of_real_binaries_is_moved_as_it_was(void **state)
{
    (void)state;
    static const char *const paths[] = {"/usr/bin/bash", "/lib/x86_64-linux-gnu/libc.so.6",
                                        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"};
    size_t moved = 0, places = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct text text = text_of(paths[i]);
        for (size_t at = 0; at < text.size; at += 1 + draw() % 8) {
            uintptr_t to = (text.address + at) ^ (draw() & 0x3fffffff);
            moved += moved_as_it_was(text.bytes + at, text.size - at, text.address + at, to);
            places++;
        }
    }
    print_message("%zu places, %zu moved\n", places, moved);
    assert_true(moved * 2 > places);
}

static void random_bytes_are_moved_as_they_were_or_not_at_all(void **state)
{
    (void)state;
    for (int round = 0; round < 400000; round++) {
        uint8_t bytes[32];
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)draw();
        }
        (void)moved_as_it_was(bytes, 1 + draw() % sizeof bytes, 0x10000000, 0x10000000 + draw() % 0x10000000);
    }
}

static void what_cannot_run_elsewhere_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        uint8_t code[12];
    } cases[] = {
        {"a call behind which there is no room", {0x50, 0xff, 0xd0, 0x90, 0x90, 0x90, 0x90}},
        {"a call through memory", {0xff, 0x14, 0x25, 0, 0, 0, 0}},
        {"the end of the function", {0x31, 0xc0, 0xc3, 0x90, 0x90, 0x90, 0x90}},
        {"a short jump before there is room", {0xeb, 0x10, 0x90, 0x90, 0x90, 0x90}},
        {"jrcxz", {0x90, 0x90, 0x90, 0xe3, 0x10, 0x90, 0x90}},
        {"loop", {0xe2, 0x10, 0x90, 0x90, 0x90, 0x90}},
        {"xbegin", {0xc7, 0xf8, 0x10, 0, 0, 0}},
        {"int3", {0x90, 0xcc, 0x90, 0x90, 0x90, 0x90}},
        {"syscall", {0x0f, 0x05, 0x90, 0x90, 0x90, 0x90}},
        {"hlt", {0xf4, 0x90, 0x90, 0x90, 0x90, 0x90}},
        {"ud2", {0x0f, 0x0b, 0x90, 0x90, 0x90, 0x90}},
        {"another landing mark", {0x90, 0xf3, 0x0f, 0x1e, 0xfa, 0x90}},
        {"an address of 32 bits", {0x67, 0x48, 0x8d, 0x05, 0, 0, 0, 0}},
        {"no instruction", {0x06, 0x06, 0x06, 0x06, 0x06, 0x06}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cst_moved moved;
        if (cst_detour_move(cases[i].code, sizeof cases[i].code, 0x10000, 0x20000, &moved)) {
            fail_msg("%s was moved", cases[i].why);
        }
    }
}

static void code_that_ends_too_early_is_refused(void **state)
{
    (void)state;
    static const uint8_t code[] = {0x48, 0x8b, 0x07, 0x48, 0x8b, 0x0e};
    struct cst_moved moved;
    for (size_t size = 0; size < sizeof code; size++) {
        assert_false(cst_detour_move(code, size, 0x10000, 0x20000, &moved));
    }
    assert_true(cst_detour_move(code, sizeof code, 0x10000, 0x20000, &moved));
    assert_int_equal(moved.taken, 6);
    assert_int_equal(moved.count, 2);
}

static void what_lies_too_far_off_is_refused(void **state)
{
    (void)state;
    static const uint8_t load[] = {0x48, 0x8b, 0x05, 0, 0, 0, 0}, plain[] = {0xb8, 1, 0, 0, 0};
    static const uint8_t call[] = {0xe8, 0, 0, 0, 0}, branch[] = {0x0f, 0x84, 0, 0, 0, 0};
    struct cst_moved moved;
    uintptr_t here = 0x10000000, far = here + ((uintptr_t)3 << 30);
    assert_false(cst_detour_move(load, sizeof load, here, far, &moved));
    assert_false(cst_detour_move(plain, sizeof plain, here, far, &moved));
    assert_false(cst_detour_move(call, sizeof call, here, far, &moved));
    assert_false(cst_detour_move(branch, sizeof branch, here, far, &moved));
}

static int begin(void **state)
{
    (void)state;
    return ZYAN_SUCCESS(ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_of_real_binaries_is_moved_as_it_was),
        cmocka_unit_test(random_bytes_are_moved_as_they_were_or_not_at_all),
        cmocka_unit_test(what_cannot_run_elsewhere_is_refused),
        cmocka_unit_test(code_that_ends_too_early_is_refused),
        cmocka_unit_test(what_lies_too_far_off_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
