/* The search over tail jumps; see the header. Every function found is swept from its first byte to its last, so what is
 * seen is more than what can run; all of it must agree. */
#include "site/callsite_tail.h"

#include "site/decode_x86_64.h"

/* Functions looked at for one call site, and bytes of code. Beyond these the answer is unknown. */
#define FUNCTIONS_MAX 48
#define BYTES_MAX ((size_t)256 << 10)

#define NO_REGISTER 16

struct function {
    const struct cst_module *module;
    struct cst_range range;
};

struct trace {
    const struct cst_goal *goal;
    struct cst_grounds *grounds;
    struct function functions[FUNCTIONS_MAX];
    size_t count;
    size_t bytes;
    enum cst_callsite_how how; /* of the jumps to the door found so far; UNKNOWN when none was */
    struct cst_caller caller;  /* who made them */
    bool passing;              /* an unbound stub was left out */
};

/* A switch, as compilers write it: movslq (table,index,4), %a; add %b, %a; jmp *%a. */
struct switch_watch {
    uint8_t entry; /* register that holds an entry of a table; NO_REGISTER when none */
    uint8_t label; /* register that holds an address made from one */
};

static void watch_for_switch(struct switch_watch *watch, const struct cst_insn *insn)
{
    bool wide = insn->map == CST_MAP_ONE && (insn->rex & 8) && insn->has_modrm;
    if (insn->kind != CST_INSN_OTHER) {
        *watch = (struct switch_watch){NO_REGISTER, NO_REGISTER};
    } else if (wide && insn->opcode == 0x63 && !cst_insn_rm_is_reg(insn) && (insn->modrm & 7) == 4 &&
               insn->sib >> 6 == 2) {
        watch->entry = cst_insn_modrm_reg(insn);
    } else if (wide && (insn->opcode == 0x01 || insn->opcode == 0x03) && cst_insn_rm_is_reg(insn)) {
        uint8_t reg = cst_insn_modrm_reg(insn), rm = cst_insn_modrm_rm(insn);
        if (reg == watch->entry || rm == watch->entry) {
            watch->label = insn->opcode == 0x01 ? rm : reg;
        }
    } else if (watch->label != NO_REGISTER && cst_insn_may_write(insn, watch->label)) {
        watch->label = NO_REGISTER;
    }
}

static bool is_switch(const struct switch_watch *watch, const struct cst_insn *insn)
{
    return insn->notrack || (insn->kind == CST_INSN_JUMP_REG && insn->reg == watch->label);
}

static bool add_function(struct trace *trace, const struct cst_landing *landing)
{
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->functions[i].range.lo == landing->function.lo) {
            return true;
        }
    }
    trace->bytes += landing->function.hi - landing->function.lo;
    if (trace->count == FUNCTIONS_MAX || trace->bytes > BYTES_MAX) {
        return false;
    }
    trace->functions[trace->count++] = (struct function){landing->module, landing->function};
    return true;
}

/* A jump to the door was found. False when it contradicts an earlier one. Of two languages in one module neither is told. */
static bool agree(struct trace *trace, enum cst_callsite_how how, const struct cst_caller *caller)
{
    if (trace->how == CST_HOW_UNKNOWN) {
        trace->how = how;
        trace->caller = *caller;
    }
    if (trace->caller.lang != caller->lang) {
        trace->caller.lang = CUSTODY_LANG_NONE;
    }
    trace->caller.in_doubt |= caller->in_doubt;
    return trace->how == how && cst_caller_agrees(&trace->caller, caller);
}

static bool agree_on_rust(struct trace *trace, uint32_t module)
{
    const struct cst_caller rust = {
        .module = cst_module_get(module), .lang = CUSTODY_LANG_RUST, .contract = CUSTODY_CONTRACT_RUST};
    return rust.module && agree(trace, CST_HOW_RUST, &rust);
}

/* A jump at `at` out of the code of `from` lands. False when nothing can be said any more. */
static bool note_exit(struct trace *trace, const struct cst_module *from, uintptr_t at, struct cst_landing landing)
{
    struct cst_caller caller;
    switch (landing.kind) {
    case CST_LAND_DOOR:
        caller = cst_caller_through(landing.variable, from, at, trace->goal->name);
        return agree(trace, CST_HOW_TAIL, &caller);
    case CST_LAND_RUST:
        return agree_on_rust(trace, landing.rust_module);
    case CST_LAND_FUNCTION:
        return add_function(trace, &landing);
    case CST_LAND_ELSEWHERE:
        return true;
    case CST_LAND_UNBOUND:
        trace->passing = true;
        return true;
    case CST_LAND_OPAQUE:
        break;
    }
    return false;
}

/* A jump through a register or memory: of a switch, or to where it can only go. */
static bool note_indirect(struct trace *trace, const struct cst_image *image, struct cst_range function, uintptr_t at,
                          const struct switch_watch *watch, const struct cst_insn *insn)
{
    struct cst_value value;
    return is_switch(watch, insn) ||
           (cst_value_of_jump(image, function, at, &value) &&
            note_exit(trace, image->module, at, cst_follow_value(&value, trace->goal, trace->grounds)));
}

static bool note_instruction(struct trace *trace, const struct cst_image *image, struct cst_range function,
                             uintptr_t at, const struct switch_watch *watch, const struct cst_insn *insn)
{
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
        return (insn->target >= function.lo && insn->target < function.hi) ||
               note_exit(trace, image->module, at, cst_follow(insn->target, trace->goal));
    case CST_INSN_JUMP_RIP:
        return note_exit(trace, image->module, at, cst_follow_slot(insn->target, trace->goal, trace->grounds));
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
        return note_indirect(trace, image, function, at, watch, insn);
    default:
        return true;
    }
}

static bool sweep(struct trace *trace, struct function function)
{
    struct cst_image image;
    struct cst_insn insn;
    struct switch_watch watch = {NO_REGISTER, NO_REGISTER};
    if (!cst_image_open(function.module, &image)) {
        return false;
    }
    for (uintptr_t at = function.range.lo; at < function.range.hi; at += insn.length) {
        if (!cst_insn_decode((const uint8_t *)at, function.range.hi - at, at, &insn) ||
            !note_instruction(trace, &image, function.range, at, &watch, &insn)) {
            return false;
        }
        watch_for_switch(&watch, &insn);
    }
    return true;
}

struct cst_tail cst_tail_trace(const struct cst_landing *start, const struct cst_goal *goal,
                               struct cst_grounds *grounds)
{
    static const struct cst_tail unknown = {.how = CST_HOW_UNKNOWN};
    struct trace trace = {.goal = goal, .grounds = grounds, .how = CST_HOW_UNKNOWN};
    if (!add_function(&trace, start)) {
        return unknown;
    }
    for (size_t i = 0; i < trace.count; i++) {
        if (!sweep(&trace, trace.functions[i])) {
            return unknown;
        }
    }
    return (struct cst_tail){trace.how, trace.caller, trace.passing};
}
