/* Values from code; see the header. Of a register, two proofs: one instruction that gives it its value stands in front of the
 * use, with nothing between that could jump in or change the register; or, for a register that calls preserve, the whole
 * function gives it no other value. Of one that holds a variable's address a third: on all ways to the use it is given the same.
 * What an instruction gives may rest on other registers: these are followed in turn. All of them are of whole functions: the rest
 * of one that the compiler split may jump to any place of a part, with anything in its registers. */
#include "site/callsite_value.h"

#include "site/callsite_sweep.h"
#include "site/fde.h"

/* Registers followed for one value: a base, what it was copied from, and one to spare. */
#define DEPTH_MAX 4U

struct inquiry {
    struct cst_sweep sweep;
    const struct cst_image *image;
    bool has_pads;         /* the unwinder may jump into the function */
    uintptr_t use;         /* the instruction whose target is asked for */
    struct cst_range last; /* code elsewhere that was found not to jump into the function */
};

static bool value_of_register(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value);

static bool is_move(const struct cst_insn *insn, uint8_t opcode)
{
    return insn->map == CST_MAP_ONE && (insn->rex & 8) && insn->opcode == opcode;
}

/* The address that a value stands for: itself, or what a word holds that only the dynamic linker wrote. */
static bool address_of(const struct cst_value *value, uintptr_t *out_address)
{
    struct cst_image image;
    if (value->kind == CST_VALUE_ADDRESS) {
        *out_address = value->address;
        return true;
    }
    if (!cst_image_at(value->address, &image)) {
        return false;
    }
    enum cst_slot slot = cst_image_slot(&image, value->address);
    return (slot == CST_SLOT_GLOBAL || slot == CST_SLOT_CONSTANT) &&
           cst_image_word(&image, value->address, out_address);
}

/* The address of the memory operand of `insn`, at `at`. */
static bool operand_address(struct inquiry *inquiry, const struct cst_insn *insn, uintptr_t at, unsigned depth,
                            uintptr_t *out_address)
{
    struct cst_value base = {CST_VALUE_ADDRESS, at + insn->length};
    if (insn->base == CST_INSN_BASE_NONE ||
        (insn->base != CST_INSN_BASE_RIP && !value_of_register(inquiry, insn->base, at, depth, &base)) ||
        !address_of(&base, out_address)) {
        return false;
    }
    *out_address += (uintptr_t)(intptr_t)insn->offset;
    return true;
}

/* The register that a move between registers reads, when it writes `reg`. */
static bool copied_register(const struct cst_insn *insn, uint8_t reg, uint8_t *out_from)
{
    uint8_t a = cst_insn_modrm_reg(insn), b = cst_insn_modrm_rm(insn);
    bool to_reg_field = is_move(insn, 0x8b) && a == reg, to_rm_field = is_move(insn, 0x89) && b == reg;
    *out_from = to_reg_field ? b : a;
    return cst_insn_rm_is_reg(insn) && (to_reg_field || to_rm_field);
}

/* The value that `insn`, at `at`, gives `reg`, which it may write. */
static bool given_value(struct inquiry *inquiry, const struct cst_insn *insn, uintptr_t at, uint8_t reg, unsigned depth,
                        struct cst_value *out_value)
{
    uint8_t from;
    if (copied_register(insn, reg, &from)) {
        return value_of_register(inquiry, from, at, depth, out_value);
    }
    bool load = is_move(insn, 0x8b), lea = is_move(insn, 0x8d);
    if ((!load && !lea) || cst_insn_rm_is_reg(insn) || cst_insn_modrm_reg(insn) != reg) {
        return false;
    }
    out_value->kind = load ? CST_VALUE_WORD : CST_VALUE_ADDRESS;
    return operand_address(inquiry, insn, at, depth, &out_value->address);
}

static bool goes_on_for_certain(uintptr_t at, const struct cst_insn *insn, void *state)
{
    (void)at;
    (void)state;
    bool traps = (insn->map == CST_MAP_0F && insn->opcode == 0x0b) ||
                 (insn->map == CST_MAP_ONE && (insn->opcode == 0xcc || insn->opcode == 0xf4));
    return !traps && !(insn->kind >= CST_INSN_CALL && insn->kind <= CST_INSN_CALL_MEM);
}

/* False when the unwinder may jump in between `giver` and `use`. What it jumps to stands behind code that does not go on to it:
 * a jump, which a giver is not looked for in front of, or a call that does not return. */
static bool unwinds_outside(struct inquiry *inquiry, uintptr_t giver, uintptr_t use)
{
    const struct cst_range between = {giver, use};
    return !inquiry->has_pads || cst_sweep_all(&inquiry->sweep, between, goes_on_for_certain, NULL);
}

/* Most calls through registers have no value that can be told: the whole function is looked at last. */
static bool given_just_before(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value)
{
    struct cst_giver giver = {0};
    return cst_sweep_giver(&inquiry->sweep, reg, at, &giver) && giver.at != 0 &&
           given_value(inquiry, &giver.insn, giver.at, reg, depth, out_value) &&
           unwinds_outside(inquiry, giver.at, at) && cst_sweep_is_straight(&inquiry->sweep, giver.at, at, inquiry->use);
}

/* The one value that all instructions give a register. */
struct only {
    struct inquiry *inquiry;
    uint8_t reg;
    unsigned depth;
    bool given;
    struct cst_value value;
};

static bool gives_the_same(uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct only *only = state;
    struct cst_value value;
    if (!given_value(only->inquiry, insn, at, only->reg, only->depth, &value) ||
        (only->given && (value.kind != only->value.kind || value.address != only->value.address))) {
        return false;
    }
    only->given = true;
    only->value = value;
    return true;
}

static bool is_pop(const struct cst_insn *insn)
{
    return insn->map == CST_MAP_ONE && insn->opcode >= 0x58 && insn->opcode <= 0x5f;
}

/* Any other value, but for what the epilogue's pop brings back, ends the proof. */
static bool gives_no_other(uintptr_t at, const struct cst_insn *insn, void *state)
{
    const struct only *only = state;
    return !cst_insn_may_write(insn, only->reg) || is_pop(insn) || gives_the_same(at, insn, state);
}

static bool preserved_by_calls(uint8_t reg)
{
    return reg == 3 || reg == 5 || reg >= 12;
}

static bool never_holds_else(struct inquiry *inquiry, uint8_t reg, unsigned depth, struct cst_value *out_value)
{
    struct only only = {.inquiry = inquiry, .reg = reg, .depth = depth};
    bool proven = preserved_by_calls(reg) &&
                  cst_sweep_all(&inquiry->sweep, inquiry->sweep.function, gives_no_other, &only) && only.given;
    *out_value = only.value;
    return proven;
}

static bool value_of_register(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value)
{
    return depth > 0 && (given_just_before(inquiry, reg, at, depth - 1, out_value) ||
                         never_holds_else(inquiry, reg, depth - 1, out_value));
}

/* The address that a register holds at the use, whichever way control came there: that of a variable, which compilers load once
 * for each way. */
static bool same_on_all_ways(struct inquiry *inquiry, uint8_t reg, struct cst_value *out_value)
{
    struct only only = {.inquiry = inquiry, .reg = reg, .depth = 1};
    struct cst_giver giver = {0};
    if (inquiry->has_pads || !cst_sweep_giver(&inquiry->sweep, reg, inquiry->use, &giver) ||
        (giver.at != 0 && !gives_the_same(giver.at, &giver.insn, &only)) ||
        !cst_sweep_givers(&inquiry->sweep, reg, inquiry->use, gives_the_same, &only)) {
        return false;
    }
    *out_value = only.value;
    return true;
}

static bool stays_out_of_function(uintptr_t at, const struct cst_insn *insn, void *state)
{
    const struct inquiry *inquiry = state;
    bool relative = insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_BRANCH;
    (void)at;
    return !relative || insn->target <= inquiry->sweep.function.lo || insn->target >= inquiry->sweep.function.hi;
}

/* False when the function jumps to code that jumps back into its middle: a part of it that lies elsewhere and was not
 * looked at. */
static bool leads_to_no_part(uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct inquiry *inquiry = state;
    struct cst_range other;
    if (!stays_out_of_function(at, insn, state) || (insn->kind != CST_INSN_JUMP && insn->kind != CST_INSN_BRANCH) ||
        !cst_fde_find(inquiry->image, insn->target, &other) || other.lo == inquiry->sweep.function.lo ||
        other.lo == inquiry->last.lo || cst_insn_is_stub((const uint8_t *)insn->target, other.hi - insn->target)) {
        return true;
    }
    inquiry->last = other;
    return cst_sweep_jumps(&inquiry->sweep, other, stays_out_of_function, inquiry);
}

static bool is_whole(struct inquiry *inquiry)
{
    return cst_sweep_jumps(&inquiry->sweep, inquiry->sweep.function, leads_to_no_part, inquiry);
}

/* The address of the memory operand of the instruction in use. */
static bool address_in_use(struct inquiry *inquiry, const struct cst_insn *insn, uintptr_t *out_address)
{
    struct cst_value base;
    if (operand_address(inquiry, insn, inquiry->use, DEPTH_MAX, out_address)) {
        return true;
    }
    if (insn->base >= CST_INSN_BASE_RIP || !same_on_all_ways(inquiry, insn->base, &base) ||
        !address_of(&base, out_address)) {
        return false;
    }
    *out_address += (uintptr_t)(intptr_t)insn->offset;
    return true;
}

/* Where the instruction in use goes: what its register holds, or the word that its operand is. */
static bool target_of_use(struct inquiry *inquiry, struct cst_value *out_value)
{
    struct cst_insn insn;
    uintptr_t at = inquiry->use;
    if (!cst_insn_decode((const uint8_t *)at, inquiry->sweep.function.hi - at, at, &insn)) {
        return false;
    }
    switch (insn.kind) {
    case CST_INSN_CALL_REG:
    case CST_INSN_JUMP_REG:
        return value_of_register(inquiry, insn.reg, at, DEPTH_MAX, out_value);
    case CST_INSN_CALL_MEM:
    case CST_INSN_JUMP_MEM:
        out_value->kind = CST_VALUE_WORD;
        return address_in_use(inquiry, &insn, &out_value->address);
    default:
        return false;
    }
}

/* False for what would be too much to look at: the code up to the use, and all of the function twice. */
static bool is_small_enough(const struct inquiry *inquiry, uintptr_t use)
{
    uintptr_t lo = inquiry->sweep.function.lo, hi = inquiry->sweep.function.hi;
    return use >= lo && use <= hi && 2 * (hi - lo) + (use - lo) <= CST_SWEEP_BYTES_MAX;
}

bool cst_value_of_call(const struct cst_image *image, uintptr_t return_address, struct cst_value *out_value)
{
    struct cst_fde fde;
    if (!cst_fde_read(image, return_address - 1, &fde) || cst_fde_is_part(&fde)) {
        return false;
    }
    struct inquiry inquiry = {.sweep = {.function = fde.function}, .image = image, .has_pads = fde.has_pads};
    if (!is_small_enough(&inquiry, return_address) || !cst_sweep_remember(&inquiry.sweep, return_address)) {
        return false;
    }
    inquiry.use = cst_sweep_last(&inquiry.sweep);
    return inquiry.use != 0 && target_of_use(&inquiry, out_value) && is_whole(&inquiry);
}

bool cst_value_of_jump(const struct cst_image *image, struct cst_range function, uintptr_t at,
                       struct cst_value *out_value)
{
    struct cst_fde fde;
    struct inquiry inquiry = {.sweep = {.function = function}, .image = image, .has_pads = true, .use = at};
    return cst_fde_read(image, at, &fde) && !cst_fde_is_part(&fde) && is_small_enough(&inquiry, at) &&
           cst_sweep_remember(&inquiry.sweep, at) && target_of_use(&inquiry, out_value) && is_whole(&inquiry);
}
