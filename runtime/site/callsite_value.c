/* Values from code; see the header. Of a register, two proofs: one instruction that gives it its value stands in front of the
 * use, with nothing between that could jump in or change the register; or, for a register that calls preserve, the whole
 * function gives it no other value. What an instruction gives may rest on other registers: these are followed in turn. */
#include "site/callsite_value.h"

#include "site/fde.h"

/* Bytes of code looked at for one value: enough for functions of some ten thousand bytes. Larger ones are interpreters, whose
 * many calls are of what tables in memory hold. */
#define BYTES_MAX ((size_t)64 << 10)

/* Instructions in front of a use of which it is remembered where they begin: mostly the one that is looked for is among them. */
#define RECENT_MAX 32U

/* Registers followed for one value: a base, what it was copied from, and one to spare. */
#define DEPTH_MAX 4U

struct inquiry {
    const struct cst_image *image;
    struct cst_range function;
    uintptr_t use;                /* the instruction whose target is asked for */
    size_t bytes;                 /* swept so far */
    struct cst_range last;        /* code elsewhere that was found not to jump into the function */
    uintptr_t recent[RECENT_MAX]; /* where the last instructions in front of `recent_end` begin, by their number */
    size_t recent_count;          /* of all that the function has in front of it */
    uintptr_t recent_end;
};

/* Visits an instruction at `at`; false stops the sweep. */
typedef bool visit(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state);

static bool value_of_register(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value);

/* True when a sweep over `range` is within what may be looked at. */
static bool allows(struct inquiry *inquiry, struct cst_range range)
{
    inquiry->bytes += range.hi - range.lo;
    return range.lo <= range.hi && inquiry->bytes <= BYTES_MAX;
}

/* True when every byte of `range` was decoded and every visit went well. */
static bool sweep(struct inquiry *inquiry, struct cst_range range, visit *each, void *state)
{
    struct cst_insn insn;
    if (!allows(inquiry, range)) {
        return false;
    }
    for (uintptr_t at = range.lo; at < range.hi; at += insn.length) {
        if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !each(inquiry, at, &insn, state)) {
            return false;
        }
    }
    return true;
}

/* The same, but most instructions that are no jumps and no calls are not visited. */
static bool sweep_jumps(struct inquiry *inquiry, struct cst_range range, visit *each, void *state)
{
    struct cst_insn insn;
    if (!allows(inquiry, range)) {
        return false;
    }
    for (uintptr_t at = range.lo; at < range.hi;) {
        size_t length = cst_insn_skip((const uint8_t *)at, range.hi - at);
        if (!length) {
            if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !each(inquiry, at, &insn, state)) {
                return false;
            }
            length = insn.length;
        }
        at += length;
    }
    return true;
}

/* The function up to `end`, where an instruction must begin, or the function end. */
static bool range_up_to(const struct inquiry *inquiry, uintptr_t end, struct cst_range *out_range)
{
    *out_range = (struct cst_range){inquiry->function.lo, end};
    return end >= inquiry->function.lo && end <= inquiry->function.hi;
}

static uintptr_t *recent(struct inquiry *inquiry, size_t number)
{
    return &inquiry->recent[number % RECENT_MAX];
}

/* Notes where the instructions in front of `end` begin. */
static bool note_up_to(struct inquiry *inquiry, uintptr_t end)
{
    struct cst_insn insn;
    struct cst_range range;
    if (!range_up_to(inquiry, end, &range) || !allows(inquiry, range)) {
        return false;
    }
    inquiry->recent_count = 0;
    inquiry->recent_end = end;
    for (uintptr_t at = range.lo; at < end;) {
        *recent(inquiry, inquiry->recent_count++) = at;
        size_t length = cst_insn_skip((const uint8_t *)at, end - at);
        if (!length) {
            if (!cst_insn_decode((const uint8_t *)at, end - at, at, &insn)) {
                return false;
            }
            length = insn.length;
        }
        at += length;
    }
    return true;
}

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

/* The search for the last instruction in front of a use that gives a register its value. */
struct straight {
    uint8_t reg;
    uintptr_t use, giver; /* addresses; giver 0 when none is good any more */
    struct cst_insn insn;
};

/* A call goes on, too, and changes no register that it must preserve; where it does not, what follows is jumped to. */
static bool goes_on_to_the_next(const struct cst_insn *insn)
{
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_JUMP_RIP:
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
    case CST_INSN_RETURN:
        return false;
    default:
        return true;
    }
}

/* False when the search is over: the instruction at `at` is the giver, or none is in front of it. */
static bool is_before_giver(struct straight *straight, uintptr_t at, const struct cst_insn *insn)
{
    if (!goes_on_to_the_next(insn)) {
        return false;
    }
    if (!cst_insn_may_write(insn, straight->reg)) {
        return true;
    }
    straight->giver = at;
    straight->insn = *insn;
    return false;
}

static bool note_giver(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct straight *straight = state, found = {.reg = straight->reg};
    (void)inquiry;
    if (!is_before_giver(&found, at, insn)) {
        straight->giver = found.giver;
        straight->insn = found.insn;
    }
    return true;
}

/* The number of the oldest instruction that is remembered. */
static size_t oldest_recent(const struct inquiry *inquiry)
{
    return inquiry->recent_count > RECENT_MAX ? inquiry->recent_count - RECENT_MAX : 0;
}

/* How many instructions the function has in front of `use`. False when that is not remembered. */
static bool count_before(struct inquiry *inquiry, uintptr_t use, size_t *out_count)
{
    size_t number = inquiry->recent_count, oldest = oldest_recent(inquiry);
    uintptr_t at = inquiry->recent_end;
    while (at > use && number > oldest) {
        at = *recent(inquiry, --number);
    }
    *out_count = number;
    return at == use;
}

/* Looks for the giver among the instructions that are remembered in front of the use. False when it may lie further off. */
static bool find_near_giver(struct inquiry *inquiry, struct straight *straight)
{
    size_t number, oldest = oldest_recent(inquiry);
    if (!count_before(inquiry, straight->use, &number)) {
        return false;
    }
    while (number > oldest) {
        struct cst_insn insn;
        uintptr_t at = *recent(inquiry, --number);
        if (!cst_insn_decode((const uint8_t *)at, straight->use - at, at, &insn) ||
            !is_before_giver(straight, at, &insn)) {
            return true;
        }
    }
    return oldest == 0;
}

static bool find_giver(struct inquiry *inquiry, struct straight *straight)
{
    struct cst_range range;
    return find_near_giver(inquiry, straight) ||
           (range_up_to(inquiry, straight->use, &range) && sweep(inquiry, range, note_giver, straight));
}

/* False when a jump may come in between the giver and the use. The use itself may be a jump: it goes out. */
static bool stays_outside(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state)
{
    const struct straight *straight = state;
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
        return insn->target <= straight->giver || insn->target > straight->use;
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
        return at == inquiry->use;
    default:
        return true;
    }
}

/* Most calls through registers have no value that can be told: the whole function is looked at last. */
static bool given_just_before(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value)
{
    struct straight straight = {.reg = reg, .use = at};
    return find_giver(inquiry, &straight) && straight.giver &&
           given_value(inquiry, &straight.insn, straight.giver, reg, depth, out_value) &&
           sweep_jumps(inquiry, inquiry->function, stays_outside, &straight);
}

/* The one value that a whole function gives a register. */
struct only {
    uint8_t reg;
    unsigned depth;
    bool given;
    struct cst_value value;
};

static bool is_pop(const struct cst_insn *insn)
{
    return insn->map == CST_MAP_ONE && insn->opcode >= 0x58 && insn->opcode <= 0x5f;
}

/* Any other value, but for what the epilogue's pop brings back, ends the proof. */
static bool gives_no_other(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct only *only = state;
    struct cst_value value;
    if (!cst_insn_may_write(insn, only->reg) || is_pop(insn)) {
        return true;
    }
    if (!given_value(inquiry, insn, at, only->reg, only->depth, &value) ||
        (only->given && (value.kind != only->value.kind || value.address != only->value.address))) {
        return false;
    }
    only->given = true;
    only->value = value;
    return true;
}

static bool preserved_by_calls(uint8_t reg)
{
    return reg == 3 || reg == 5 || reg >= 12;
}

static bool never_holds_else(struct inquiry *inquiry, uint8_t reg, unsigned depth, struct cst_value *out_value)
{
    struct only only = {.reg = reg, .depth = depth};
    bool proven = preserved_by_calls(reg) && sweep(inquiry, inquiry->function, gives_no_other, &only) && only.given;
    *out_value = only.value;
    return proven;
}

static bool value_of_register(struct inquiry *inquiry, uint8_t reg, uintptr_t at, unsigned depth,
                              struct cst_value *out_value)
{
    return depth > 0 && (given_just_before(inquiry, reg, at, depth - 1, out_value) ||
                         never_holds_else(inquiry, reg, depth - 1, out_value));
}

static bool stays_out_of_function(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state)
{
    (void)at;
    (void)state;
    bool relative = insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_BRANCH;
    return !relative || insn->target <= inquiry->function.lo || insn->target >= inquiry->function.hi;
}

/* False when the function jumps to code that jumps back into its middle: a part of it that lies elsewhere and was not
 * looked at. */
static bool is_whole(struct inquiry *inquiry, uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct cst_range other;
    (void)state;
    if (!stays_out_of_function(inquiry, at, insn, NULL) ||
        (insn->kind != CST_INSN_JUMP && insn->kind != CST_INSN_BRANCH) ||
        !cst_fde_find(inquiry->image, insn->target, &other) || other.lo == inquiry->function.lo ||
        other.lo == inquiry->last.lo) {
        return true;
    }
    inquiry->last = other;
    return sweep_jumps(inquiry, other, stays_out_of_function, NULL);
}

/* Finds the call that ends at `return_address`, and notes what stands in front of it. */
static bool find_call(struct inquiry *inquiry, uintptr_t return_address)
{
    if (!note_up_to(inquiry, return_address) || inquiry->recent_count == 0) {
        return false;
    }
    inquiry->use = *recent(inquiry, inquiry->recent_count - 1);
    return true;
}

/* Where the instruction in use goes: what its register holds, or the word that its operand is. */
static bool target_of_use(struct inquiry *inquiry, struct cst_value *out_value)
{
    struct cst_insn insn;
    uintptr_t at = inquiry->use;
    if (!cst_insn_decode((const uint8_t *)at, inquiry->function.hi - at, at, &insn)) {
        return false;
    }
    switch (insn.kind) {
    case CST_INSN_CALL_REG:
    case CST_INSN_JUMP_REG:
        return value_of_register(inquiry, insn.reg, at, DEPTH_MAX, out_value);
    case CST_INSN_CALL_MEM:
    case CST_INSN_JUMP_MEM:
        out_value->kind = CST_VALUE_WORD;
        return operand_address(inquiry, &insn, at, DEPTH_MAX, &out_value->address);
    default:
        return false;
    }
}

/* False for what would be too much to look at: the code up to the use, and all of the function twice. */
static bool is_small_enough(const struct inquiry *inquiry, uintptr_t use)
{
    uintptr_t lo = inquiry->function.lo, hi = inquiry->function.hi;
    return use >= lo && use <= hi && 2 * (hi - lo) + (use - lo) <= BYTES_MAX;
}

bool cst_value_of_call(const struct cst_image *image, uintptr_t return_address, struct cst_value *out_value)
{
    struct inquiry inquiry = {.image = image};
    return cst_fde_find(image, return_address - 1, &inquiry.function) && is_small_enough(&inquiry, return_address) &&
           find_call(&inquiry, return_address) && target_of_use(&inquiry, out_value) &&
           sweep_jumps(&inquiry, inquiry.function, is_whole, NULL);
}

bool cst_value_of_jump(const struct cst_image *image, struct cst_range function, uintptr_t at,
                       struct cst_value *out_value)
{
    struct inquiry inquiry = {.image = image, .function = function, .use = at};
    return is_small_enough(&inquiry, at) && note_up_to(&inquiry, at) && target_of_use(&inquiry, out_value) &&
           sweep_jumps(&inquiry, function, is_whole, NULL);
}
