/* The interpreter of call frame instructions; see the header. An instruction is first taken apart by a table of its
 * operands, then carried out; so bounds are checked in one place. */
#include "site/cfi.h"

#include "site/eh_bytes.h"

/* DW_CFA_*: DWARF 5, section 7.24, and GNU's additions. The first three hold their first operand in their low six bits. */
enum {
    ADVANCE = 0x40,
    OFFSET = 0x80,
    RESTORE = 0xc0,
    NOP = 0x00,
    ADVANCE_1 = 0x02,
    ADVANCE_2 = 0x03,
    ADVANCE_4 = 0x04,
    OFFSET_EXTENDED = 0x05,
    RESTORE_EXTENDED = 0x06,
    UNDEFINED = 0x07,
    SAME_VALUE = 0x08,
    REGISTER = 0x09,
    REMEMBER_STATE = 0x0a,
    RESTORE_STATE = 0x0b,
    DEF_CFA = 0x0c,
    DEF_CFA_REGISTER = 0x0d,
    DEF_CFA_OFFSET = 0x0e,
    DEF_CFA_EXPRESSION = 0x0f,
    EXPRESSION = 0x10,
    OFFSET_EXTENDED_SF = 0x11,
    DEF_CFA_SF = 0x12,
    DEF_CFA_OFFSET_SF = 0x13,
    VAL_OFFSET = 0x14,
    VAL_OFFSET_SF = 0x15,
    VAL_EXPRESSION = 0x16,
    GNU_ARGS_SIZE = 0x2e,
    GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
    PLAIN_COUNT = 0x30,
};

/* Kinds of operands: unsigned and signed numbers of variable length, numbers of 1, 2 and 4 bytes, a block of operations.
 * An instruction without a first operand here, not even NONE, is unknown. */
enum { UNKNOWN, NONE, U, S, B1 = 1 + S, B2, B4, BLOCK };

static const uint8_t operands[PLAIN_COUNT][2] = {
    [NOP] = {NONE},
    [ADVANCE_1] = {B1},
    [ADVANCE_2] = {B2},
    [ADVANCE_4] = {B4},
    [OFFSET_EXTENDED] = {U, U},
    [RESTORE_EXTENDED] = {U},
    [UNDEFINED] = {U},
    [SAME_VALUE] = {U},
    [REGISTER] = {U, U},
    [REMEMBER_STATE] = {NONE},
    [RESTORE_STATE] = {NONE},
    [DEF_CFA] = {U, U},
    [DEF_CFA_REGISTER] = {U},
    [DEF_CFA_OFFSET] = {U},
    [DEF_CFA_EXPRESSION] = {BLOCK},
    [EXPRESSION] = {U, BLOCK},
    [OFFSET_EXTENDED_SF] = {U, S},
    [DEF_CFA_SF] = {U, S},
    [DEF_CFA_OFFSET_SF] = {S},
    [VAL_OFFSET] = {U, U},
    [VAL_OFFSET_SF] = {U, S},
    [VAL_EXPRESSION] = {U, BLOCK},
    [GNU_ARGS_SIZE] = {U},
    [GNU_NEGATIVE_OFFSET_EXTENDED] = {U, U},
};

/* Rows that may be remembered at a time. Compilers remember one; so does assembler written by hand. */
#define REMEMBERED_MAX 8

struct instruction {
    uint8_t code;
    uint64_t operand[2];
    struct cst_range block;
};

struct machine {
    const struct cst_fde *fde;
    uintptr_t location;
    struct cst_cfi_row row, initial;
    struct cst_cfi_row remembered[REMEMBERED_MAX];
    size_t remembered_count;
};

static bool take_block(struct cst_eh_bytes *bytes, struct cst_range *out_block)
{
    uint64_t size;
    if (!cst_eh_take_unsigned(bytes, &size)) {
        return false;
    }
    *out_block = (struct cst_range){bytes->at, bytes->at + size};
    return cst_eh_skip(bytes, size);
}

static bool take_operand(struct cst_eh_bytes *bytes, uint8_t kind, uint64_t *out_number, struct cst_range *out_block)
{
    switch (kind) {
    case U:
        return cst_eh_take_unsigned(bytes, out_number);
    case S:
        return cst_eh_take_signed(bytes, (int64_t *)out_number);
    case B1:
        return cst_eh_take(bytes, out_number, 1);
    case B2:
        return cst_eh_take(bytes, out_number, 2);
    case B4:
        return cst_eh_take(bytes, out_number, 4);
    case BLOCK:
        return take_block(bytes, out_block);
    default:
        return true;
    }
}

static bool take_instruction(struct cst_eh_bytes *bytes, struct instruction *out)
{
    uint8_t byte;
    *out = (struct instruction){0};
    if (!cst_eh_take(bytes, &byte, 1)) {
        return false;
    }
    out->code = byte & 0xc0;
    if (out->code) {
        out->operand[0] = byte & 0x3f;
        return out->code != OFFSET || cst_eh_take_unsigned(bytes, &out->operand[1]);
    }
    out->code = byte;
    return byte < PLAIN_COUNT && operands[byte][0] != UNKNOWN &&
           take_operand(bytes, operands[byte][0], &out->operand[0], &out->block) &&
           take_operand(bytes, operands[byte][1], &out->operand[1], &out->block);
}

/* An offset in units of the data factor, signed or not: both multiply alike. */
static int64_t scaled(const struct machine *machine, uint64_t offset)
{
    return (int64_t)(offset * (uint64_t)machine->fde->data_factor);
}

static void save(struct cst_cfi_row *row, uint64_t number, struct cst_cfi_saved saved)
{
    if (number == CST_CFI_RBP) {
        row->rbp = saved;
    } else if (number == CST_CFI_RIP) {
        row->rip = saved;
    }
}

static void save_at(struct cst_cfi_row *row, uint64_t number, int64_t offset)
{
    save(row, number, (struct cst_cfi_saved){.how = CST_CFI_AT_CFA, .offset = offset});
}

static void restore(struct machine *machine, uint64_t number)
{
    save(&machine->row, number, number == CST_CFI_RBP ? machine->initial.rbp : machine->initial.rip);
}

static void define_cfa(struct cst_cfi_row *row, uint64_t number, int64_t offset)
{
    row->cfa_register = number;
    row->cfa_offset = offset;
    row->cfa_expression = (struct cst_range){0, 0};
}

static bool remember(struct machine *machine)
{
    if (machine->remembered_count == REMEMBERED_MAX) {
        return false;
    }
    machine->remembered[machine->remembered_count++] = machine->row;
    return true;
}

static bool recall(struct machine *machine)
{
    if (machine->remembered_count == 0) {
        return false;
    }
    machine->row = machine->remembered[--machine->remembered_count];
    return true;
}

/* Instructions about registers. */
static void run_register(struct machine *machine, const struct instruction *it)
{
    struct cst_cfi_row *row = &machine->row;
    switch (it->code) {
    case OFFSET:
    case OFFSET_EXTENDED:
    case OFFSET_EXTENDED_SF:
        save_at(row, it->operand[0], scaled(machine, it->operand[1]));
        break;
    case GNU_NEGATIVE_OFFSET_EXTENDED:
        save_at(row, it->operand[0], scaled(machine, 0 - it->operand[1]));
        break;
    case RESTORE:
    case RESTORE_EXTENDED:
        restore(machine, it->operand[0]);
        break;
    case UNDEFINED:
        save(row, it->operand[0], (struct cst_cfi_saved){.how = CST_CFI_UNDEFINED});
        break;
    case SAME_VALUE:
        save(row, it->operand[0], (struct cst_cfi_saved){.how = CST_CFI_SAME});
        break;
    case EXPRESSION:
        save(row, it->operand[0], (struct cst_cfi_saved){.how = CST_CFI_EXPRESSION, .expression = it->block});
        break;
    default: /* REGISTER, VAL_* */
        save(row, it->operand[0], (struct cst_cfi_saved){.how = CST_CFI_OTHER});
        break;
    }
}

/* Carries out an instruction. False when it cannot be. */
static bool run(struct machine *machine, const struct instruction *it)
{
    struct cst_cfi_row *row = &machine->row;
    switch (it->code) {
    case NOP:
    case GNU_ARGS_SIZE:
        return true;
    case ADVANCE:
    case ADVANCE_1:
    case ADVANCE_2:
    case ADVANCE_4:
        machine->location += it->operand[0] * machine->fde->code_factor;
        return true;
    case REMEMBER_STATE:
        return remember(machine);
    case RESTORE_STATE:
        return recall(machine);
    case DEF_CFA:
        define_cfa(row, it->operand[0], (int64_t)it->operand[1]);
        return true;
    case DEF_CFA_SF:
        define_cfa(row, it->operand[0], scaled(machine, it->operand[1]));
        return true;
    case DEF_CFA_REGISTER:
        define_cfa(row, it->operand[0], row->cfa_offset);
        return true;
    case DEF_CFA_OFFSET:
        define_cfa(row, row->cfa_register, (int64_t)it->operand[0]);
        return true;
    case DEF_CFA_OFFSET_SF:
        define_cfa(row, row->cfa_register, scaled(machine, it->operand[0]));
        return true;
    case DEF_CFA_EXPRESSION:
        row->cfa_expression = it->block;
        return true;
    default:
        run_register(machine, it);
        return true;
    }
}

/* Runs instructions up to those that hold from beyond `address` on. */
static bool run_until(struct machine *machine, struct cst_range instructions, uintptr_t address)
{
    struct cst_eh_bytes bytes = {instructions.lo, instructions.hi};
    struct instruction it;
    while (bytes.at < bytes.end) {
        if (!take_instruction(&bytes, &it)) {
            return false;
        }
        if (!run(machine, &it)) {
            return false;
        }
        if (machine->location > address) {
            return true; /* only advances come here, and they leave the row as it is */
        }
    }
    return true;
}

bool cst_cfi_row_at(const struct cst_fde *fde, uintptr_t address, struct cst_cfi_row *out_row)
{
    struct machine machine = {.fde = fde, .location = fde->function.lo};
    if (!run_until(&machine, fde->common, UINTPTR_MAX)) {
        return false;
    }
    machine.initial = machine.row;
    machine.location = fde->function.lo;
    if (!run_until(&machine, fde->instructions, address)) {
        return false;
    }
    *out_row = machine.row;
    return true;
}
