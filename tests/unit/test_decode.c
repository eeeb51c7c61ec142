/* The instruction decoder against an oracle: Zydis decodes the text of real binaries forward, and every length, every
 * control transfer, every register write and the reading of every return address must agree. */
#include "site/decode_x86_64.h"

#include <Zydis/Zydis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/text.h"

struct tally {
    size_t instructions, skipped, calls, ambiguous;
};

static uintptr_t absolute(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operand, uintptr_t address)
{
    ZyanU64 target = 0;
    assert_true(ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(insn, operand, address, &target)));
    return target;
}

static bool through_rip(const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.base == ZYDIS_REGISTER_RIP &&
           operand->mem.segment == ZYDIS_REGISTER_DS;
}

/* What Zydis says that `insn` does to control. */
static enum cst_insn_kind expected_transfer(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operand)
{
    bool call = insn->mnemonic == ZYDIS_MNEMONIC_CALL;
    if (!call && insn->mnemonic != ZYDIS_MNEMONIC_JMP) {
        return CST_INSN_OTHER;
    }
    if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        return call ? CST_INSN_CALL : CST_INSN_JUMP;
    }
    if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        return call ? CST_INSN_CALL_REG : CST_INSN_JUMP_REG;
    }
    if (through_rip(operand)) {
        return call ? CST_INSN_CALL_RIP : CST_INSN_JUMP_RIP;
    }
    return call ? CST_INSN_CALL_MEM : CST_INSN_JUMP_MEM;
}

static uint8_t register_number(ZydisRegister reg)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
    return (uint8_t)ZydisRegisterGetId(wide);
}

static void expect_transfer(const struct cst_insn *ours, const ZydisDecodedInstruction *insn,
                            const ZydisDecodedOperand *operands, uintptr_t address)
{
    if (insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR) {
        return;
    }
    enum cst_insn_kind kind = expected_transfer(insn, operands);
    if (insn->meta.category == ZYDIS_CATEGORY_COND_BR && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        kind = CST_INSN_BRANCH;
    }
    if (kind == CST_INSN_OTHER) {
        assert_true(ours->kind == CST_INSN_OTHER || ours->kind == CST_INSN_RETURN || ours->kind == CST_INSN_LOAD_RIP);
        if (ours->kind == CST_INSN_LOAD_RIP) {
            assert_int_equal(insn->mnemonic, ZYDIS_MNEMONIC_MOV);
            assert_int_equal(ours->reg, register_number(operands[0].reg.value));
            assert_int_equal(ours->target, absolute(insn, &operands[1], address));
        }
        return;
    }
    assert_int_equal(ours->kind, kind);
    if (kind == CST_INSN_CALL_REG || kind == CST_INSN_JUMP_REG) {
        assert_int_equal(ours->reg, register_number(operands[0].reg.value));
    } else if (kind != CST_INSN_CALL_MEM && kind != CST_INSN_JUMP_MEM) {
        assert_int_equal(ours->target, absolute(insn, &operands[0], address));
    }
}

/* The first operand in memory that the instruction names by its ModRM byte; NULL when there is none. */
static const ZydisDecodedOperand *memory_operand(const ZydisDecodedInstruction *insn,
                                                 const ZydisDecodedOperand *operands)
{
    for (int i = 0; i < insn->operand_count_visible; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM) {
            return &operands[i];
        }
    }
    return NULL;
}

/* A base that is told must be the oracle's, with the same offset; for plain moves and branches it must be told. */
static void expect_operand(const struct cst_insn *ours, const ZydisDecodedInstruction *insn,
                           const ZydisDecodedOperand *operands, uintptr_t address)
{
    const ZydisDecodedOperand *memory = memory_operand(insn, operands);
    bool plain = memory && memory->mem.base != ZYDIS_REGISTER_NONE && memory->mem.index == ZYDIS_REGISTER_NONE &&
                 memory->mem.segment != ZYDIS_REGISTER_FS && memory->mem.segment != ZYDIS_REGISTER_GS &&
                 insn->address_width == 64;
    if (ours->base == CST_INSN_BASE_NONE) {
        bool must = ours->map == CST_MAP_ONE && (ours->opcode == 0x8b || ours->opcode == 0x8d || ours->opcode == 0xff);
        assert_false(plain && must);
        return;
    }
    if (!plain) {
        fail_msg("%s at %#lx has no plain base", ZydisMnemonicGetString(insn->mnemonic), (unsigned long)address);
    }
    bool rip = memory->mem.base == ZYDIS_REGISTER_RIP;
    assert_int_equal(ours->base, rip ? CST_INSN_BASE_RIP : register_number(memory->mem.base));
    assert_int_equal(ours->offset, memory->mem.disp.value);
}

/* No general register that Zydis sees written may be taken as kept. */
static void expect_writes(const struct cst_insn *ours, const ZydisDecodedInstruction *insn,
                          const ZydisDecodedOperand *operands, uintptr_t address)
{
    for (int i = 0; i < insn->operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER || !(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) {
            continue;
        }
        ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, operand->reg.value);
        if (ZydisRegisterGetClass(wide) != ZYDIS_REGCLASS_GPR64 || wide == ZYDIS_REGISTER_RSP) {
            continue;
        }
        uint8_t reg = (uint8_t)ZydisRegisterGetId(wide);
        if (!cst_insn_may_write(ours, reg)) {
            fail_msg("%s (%02x) at %#lx writes register %u", ZydisMnemonicGetString(insn->mnemonic), ours->opcode,
                     (unsigned long)address, reg);
        }
    }
}

/* The bytes before the return address of a call must read as that call, perhaps as others too. */
static void expect_reading(const struct text *text, size_t end, const ZydisDecodedInstruction *insn,
                           const ZydisDecodedOperand *operands, struct tally *tally)
{
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    uintptr_t address = text->address + end;
    size_t count = cst_insn_calls_before(text->bytes + end, end < 16 ? end : 16, address, calls);
    enum cst_insn_kind kind = expected_transfer(insn, operands);
    bool direct = kind == CST_INSN_CALL || kind == CST_INSN_CALL_RIP;
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || (calls[i].kind == kind &&
                          (!direct || calls[i].target == absolute(insn, &operands[0], address - insn->length)));
    }
    assert_true(found || insn->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
                operands[0].mem.segment == ZYDIS_REGISTER_FS);
    tally->calls++;
    tally->ambiguous += count > 1;
}

/* What is passed over is no jump and no call, and as long as it reads. */
static bool expect_skip(const uint8_t *bytes, size_t size, bool read, const struct cst_insn *ours)
{
    size_t length = cst_insn_skip(bytes, size);
    if (length) {
        assert_true(read && length == ours->length);
        assert_true(ours->kind == CST_INSN_OTHER || ours->kind == CST_INSN_LOAD_RIP);
    }
    return length != 0;
}

static struct tally compare_with_oracle(const char *path)
{
    struct text text = text_of(path);
    struct tally tally = {0};
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (size_t at = 0; at < text.size;) {
        uintptr_t address = text.address + at;
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, text.bytes + at, text.size - at, &insn, operands))) {
            at++;
            continue;
        }
        struct cst_insn ours;
        if (!cst_insn_decode(text.bytes + at, text.size - at, address, &ours) || ours.length != insn.length) {
            fail_msg("%s: %s at %#lx has length %u, not %u", path, ZydisMnemonicGetString(insn.mnemonic),
                     (unsigned long)address, insn.length, ours.length);
        }
        expect_transfer(&ours, &insn, operands, address);
        expect_writes(&ours, &insn, operands, address);
        expect_operand(&ours, &insn, operands, address);
        tally.skipped += expect_skip(text.bytes + at, text.size - at, true, &ours);
        at += insn.length;
        if (insn.mnemonic == ZYDIS_MNEMONIC_CALL) {
            expect_reading(&text, at, &insn, operands, &tally);
        }
        tally.instructions++;
    }
    print_message("%s: %zu instructions, %zu skipped, %zu calls, %zu ambiguous\n", path, tally.instructions,
                  tally.skipped, tally.calls, tally.ambiguous);
    assert_true(tally.skipped * 2 > tally.instructions);
    return tally;
}

static void every_instruction_of_real_binaries_reads_as_the_oracle_reads_it(void **state)
{
    (void)state;
    static const char *const paths[] = {"/usr/bin/bash", "/lib/x86_64-linux-gnu/libc.so.6",
                                        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"};
    struct tally sum = {0};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct tally tally = compare_with_oracle(paths[i]);
        sum.calls += tally.calls;
        sum.ambiguous += tally.ambiguous;
    }
    assert_true(sum.calls > 30000);
    assert_true(sum.ambiguous * 200 < sum.calls); /* by chance only: under half a percent */
}

/* Random bytes: the oracle is right about what is no instruction, and we must never read beyond what we were given. */
static void random_bytes_never_read_longer_than_allowed_nor_differ_in_calls(void **state)
{
    (void)state;
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    uint64_t seed = 1;
    for (int round = 0; round < 400000; round++) {
        uint8_t bytes[16];
        for (int i = 0; i < 16; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(seed >> 56);
        }
        size_t size = 1 + (size_t)(seed >> 40) % 16;
        struct cst_insn ours;
        bool read = cst_insn_decode(bytes, size, 0x1000, &ours);
        assert_true(!read || ours.length <= size);
        (void)expect_skip(bytes, size, read, &ours);
        if (read && ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, size, &insn, operands))) {
            assert_int_equal(ours.length, insn.length);
            expect_transfer(&ours, &insn, operands, 0x1000);
            expect_writes(&ours, &insn, operands, 0x1000);
        }
    }
}

static void a_truncated_instruction_is_refused(void **state)
{
    (void)state;
    static const uint8_t call[] = {0xe8, 1, 2, 3, 4};
    struct cst_insn insn;
    for (size_t size = 0; size < sizeof call; size++) {
        assert_false(cst_insn_decode(call, size, 0, &insn));
    }
    assert_true(cst_insn_decode(call, sizeof call, 0x100, &insn));
    assert_int_equal(insn.target, 0x100 + 5 + 0x04030201);
}

static void two_readings_of_the_same_bytes_are_both_given(void **state)
{
    (void)state;
    static const uint8_t code[] = {0x8b, 0x45, 0xe8, 0x58, 0xff, 0x55, 0x00}; /* mov; pop; call *0(%rbp) */
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    assert_int_equal(cst_insn_calls_before(code + sizeof code, sizeof code, 0x1000, calls), 2);
    assert_int_equal(calls[0].kind, CST_INSN_CALL_MEM);
    assert_int_equal(calls[1].kind, CST_INSN_CALL);
}

static void a_stub_is_a_jump_through_memory_at_once(void **state)
{
    (void)state;
    static const uint8_t plain[] = {0xff, 0x25, 1, 2, 3, 4},
                         marked[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 1, 2, 3, 4},
                         other[] = {0x90, 0xff, 0x25, 1, 2, 3, 4}, direct[] = {0xe9, 1, 2, 3, 4},
                         through_register[] = {0xff, 0xe0};
    assert_true(cst_insn_is_stub(plain, sizeof plain));
    assert_true(cst_insn_is_stub(marked, sizeof marked));
    assert_false(cst_insn_is_stub(plain, sizeof plain - 1));
    assert_false(cst_insn_is_stub(marked, sizeof marked - 1));
    assert_false(cst_insn_is_stub(marked, 4));
    assert_false(cst_insn_is_stub(other, sizeof other));
    assert_false(cst_insn_is_stub(direct, sizeof direct));
    assert_false(cst_insn_is_stub(through_register, sizeof through_register));
}

static void nothing_is_read_before_the_bytes_allowed(void **state)
{
    (void)state;
    static const uint8_t code[] = {0xe8, 0, 0, 0, 0};
    struct cst_insn calls[CST_CALLS_BEFORE_MAX];
    assert_int_equal(cst_insn_calls_before(code + 5, 4, 0x1000, calls), 0);
    assert_int_equal(cst_insn_calls_before(code + 5, 5, 0x1000, calls), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_of_real_binaries_reads_as_the_oracle_reads_it),
        cmocka_unit_test(random_bytes_never_read_longer_than_allowed_nor_differ_in_calls),
        cmocka_unit_test(a_truncated_instruction_is_refused),
        cmocka_unit_test(two_readings_of_the_same_bytes_are_both_given),
        cmocka_unit_test(a_stub_is_a_jump_through_memory_at_once),
        cmocka_unit_test(nothing_is_read_before_the_bytes_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
