/* Moving instructions on x86-64: see detour_move.h. Encodings from the Intel SDM volume 2 (JMP, Jcc, LEA, MOV, RDSSPQ). */
#include "site/detour_move.h"

#include "site/decode_x86_64.h"

#include <string.h>

#define BRANCH_SIZE 6

/* Displacement from the end of an instruction to its target. False when 32 bits do not hold it. */
static bool displacement(uintptr_t end, uintptr_t target, int32_t *out_displacement)
{
    intptr_t distance = (intptr_t)(target - end);
    *out_displacement = (int32_t)distance;
    return distance == *out_displacement;
}

bool cst_detour_jump(uintptr_t from, uintptr_t to, uint8_t out_code[CST_DETOUR_JUMP_SIZE])
{
    int32_t distance;
    if (!displacement(from + CST_DETOUR_JUMP_SIZE, to, &distance)) {
        return false;
    }
    out_code[0] = 0xe9;
    memcpy(out_code + 1, &distance, sizeof distance);
    return true;
}

/* Interrupts, far transfers, traps and system calls: nothing that an allocator begins with. */
static bool is_odd(const struct cst_insn *insn)
{
    uint8_t op = insn->opcode;
    unsigned group = (insn->modrm >> 3) & 7;
    if (insn->map == CST_MAP_ONE) {
        return (op >= 0xca && op <= 0xcf) || op == 0xf1 || op == 0xf4 || (op == 0xff && (group == 3 || group == 5));
    }
    if (insn->map == CST_MAP_0F) {
        return op <= 0x0b || op == 0x1e || op == 0x34 || op == 0x35 || op == 0xaa || op == 0xb9 || op == 0xff;
    }
    return false;
}

static bool append(struct cst_moved *moved, const uint8_t *bytes, size_t size)
{
    if (moved->size + size > sizeof moved->bytes) {
        return false;
    }
    memcpy(moved->bytes + moved->size, bytes, size);
    moved->size += size;
    return true;
}

static bool append_jump(struct cst_moved *moved, uintptr_t to, uintptr_t target)
{
    uint8_t code[CST_DETOUR_JUMP_SIZE];
    return cst_detour_jump(to + moved->size, target, code) && append(moved, code, sizeof code);
}

/* A conditional jump in its long form. */
static bool append_branch(struct cst_moved *moved, const struct cst_insn *insn, uintptr_t to)
{
    bool is_short = insn->map == CST_MAP_ONE && insn->opcode >= 0x70 && insn->opcode <= 0x7f;
    bool is_long = insn->map == CST_MAP_0F && insn->opcode >= 0x80 && insn->opcode <= 0x8f;
    uint8_t code[BRANCH_SIZE] = {0x0f, (uint8_t)(0x80 | (insn->opcode & 15))};
    int32_t distance;
    if ((!is_short && !is_long) || !displacement(to + moved->size + BRANCH_SIZE, insn->target, &distance)) {
        return false;
    }
    memcpy(code + 2, &distance, sizeof distance);
    return append(moved, code, sizeof code);
}

/* An instruction as it is, but for an operand relative to %rip. */
static bool append_copy(struct cst_moved *moved, const struct cst_insn *insn, const uint8_t *code, uintptr_t from,
                        uintptr_t to)
{
    uint8_t copy[CST_INSN_LENGTH_MAX];
    int32_t distance;
    memcpy(copy, code, insn->length);
    if (insn->rip_at) {
        memcpy(&distance, copy + insn->rip_at, sizeof distance);
        uintptr_t target = from + insn->length + (uintptr_t)(intptr_t)distance;
        if (!displacement(to + moved->size + insn->length, target, &distance)) {
            return false;
        }
        memcpy(copy + insn->rip_at, &distance, sizeof distance);
    }
    return append(moved, copy, insn->length);
}

/* Whether the processor keeps return addresses in a place of its own as well (rdsspq; a no-op where it does not). */
static bool has_shadow_stack(void)
{
    uintptr_t pointer = 0;
    __asm__ volatile("rdsspq %0" : "+r"(pointer));
    return pointer != 0;
}

/* A call that returns to where it would have returned from its old place: the address is pushed, and the function jumped to.
 * So it has to lie behind what is replaced. No flag changes. */
static bool append_call(struct cst_moved *moved, const struct cst_insn *insn, uintptr_t from, uintptr_t to)
{
    uintptr_t back = from + insn->length;
    uint8_t push[] = {0x48, 0x8d, 0x64, 0x24, 0xf8,           /* lea -8(%rsp), %rsp */
                      0xc7, 0x04, 0x24, 0,    0,    0, 0,     /* movl $imm, (%rsp) */
                      0xc7, 0x44, 0x24, 0x04, 0,    0, 0, 0}; /* movl $imm, 4(%rsp) */
    uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};                /* jmp *slot(%rip) */
    uint32_t low = (uint32_t)back, high = (uint32_t)(back >> 32);
    int32_t distance;
    memcpy(push + 8, &low, sizeof low);
    memcpy(push + 16, &high, sizeof high);
    if (moved->taken + insn->length < CST_DETOUR_JUMP_SIZE || has_shadow_stack() || !append(moved, push, sizeof push)) {
        return false;
    }
    if (insn->kind == CST_INSN_CALL) {
        return append_jump(moved, to, insn->target);
    }
    if (!displacement(to + moved->size + sizeof jump, insn->target, &distance)) {
        return false;
    }
    memcpy(jump + 2, &distance, sizeof distance);
    return append(moved, jump, sizeof jump);
}

static bool append_instruction(struct cst_moved *moved, const struct cst_insn *insn, const uint8_t *code,
                               uintptr_t from, uintptr_t to)
{
    if (insn->address32 || is_odd(insn)) {
        return false;
    }
    switch (insn->kind) {
    case CST_INSN_JUMP:
        return append_jump(moved, to, insn->target);
    case CST_INSN_BRANCH:
        return append_branch(moved, insn, to);
    case CST_INSN_CALL:
    case CST_INSN_CALL_RIP:
        return append_call(moved, insn, from, to);
    case CST_INSN_CALL_REG:
    case CST_INSN_CALL_MEM:
        return false;
    default:
        return append_copy(moved, insn, code, from, to);
    }
}

/* True when control never goes on behind the instruction. */
static bool is_last(const struct cst_insn *insn)
{
    return insn->kind == CST_INSN_RETURN || insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_JUMP_RIP ||
           insn->kind == CST_INSN_JUMP_REG || insn->kind == CST_INSN_JUMP_MEM;
}

bool cst_detour_move(const uint8_t *code, size_t size, uintptr_t from, uintptr_t to, struct cst_moved *out_moved)
{
    struct cst_insn insn = {.kind = CST_INSN_OTHER};
    *out_moved = (struct cst_moved){.size = 0};
    while (out_moved->taken < CST_DETOUR_JUMP_SIZE) {
        size_t at = out_moved->taken;
        if (is_last(&insn) || !cst_insn_decode(code + at, size - at, from + at, &insn) ||
            !append_instruction(out_moved, &insn, code + at, from + at, to)) {
            return false;
        }
        out_moved->taken += insn.length;
        out_moved->count++;
    }
    return append_jump(out_moved, to, from + out_moved->taken);
}
