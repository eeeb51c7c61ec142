/* Register calls; see the header. Two proofs: the load stands in front of the call with nothing between that could jump
 * in or change the register; or, for a register that calls preserve, the whole function writes it in no other way. */
#include "site/callsite_hoist.h"

#include "site/decode_x86_64.h"
#include "site/fde.h"

/* Bytes of code looked at for one call. */
#define BYTES_MAX ((size_t)64 << 10)

struct hoist {
    const struct cst_image *image;
    struct cst_range function;
    uintptr_t call_end; /* return address */
    uint8_t reg;        /* that the call goes through */
    uintptr_t slot;     /* that it was loaded from; 0 when no load was seen */
    size_t bytes;       /* swept so far */
};

/* Visits an instruction at `at`; false stops the sweep. */
typedef bool visit(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state);

/* True when every byte of `range` was decoded and every visit went well. */
static bool sweep(struct hoist *hoist, struct cst_range range, visit *each, void *state)
{
    struct cst_insn insn;
    hoist->bytes += range.hi - range.lo;
    if (hoist->bytes > BYTES_MAX) {
        return false;
    }
    for (uintptr_t at = range.lo; at < range.hi; at += insn.length) {
        if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !each(hoist, at, &insn, state)) {
            return false;
        }
    }
    return true;
}

static bool find_call(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    bool *found = state;
    if (at + insn->length == hoist->call_end) {
        *found = insn->kind == CST_INSN_CALL_REG;
        hoist->reg = insn->reg;
    }
    return true;
}

static bool loads_register(const struct hoist *hoist, const struct cst_insn *insn)
{
    return insn->kind == CST_INSN_LOAD_RIP && insn->reg == hoist->reg;
}

static bool is_pop(const struct cst_insn *insn)
{
    return insn->map == CST_MAP_ONE && insn->opcode >= 0x58 && insn->opcode <= 0x5f;
}

/* Keeps in hoist->slot the one word that is loaded; any other write but the epilogue's pop ends the proof. */
static bool only_loads_slot(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    (void)at;
    (void)state;
    if (!cst_insn_may_write(insn, hoist->reg) || is_pop(insn)) {
        return true;
    }
    if (!loads_register(hoist, insn) || (hoist->slot && hoist->slot != insn->target)) {
        return false;
    }
    hoist->slot = insn->target;
    return true;
}

static bool preserved_by_calls(uint8_t reg)
{
    return reg == 3 || reg == 5 || reg >= 12;
}

static bool is_straight(const struct cst_insn *insn)
{
    return insn->kind == CST_INSN_OTHER || insn->kind == CST_INSN_LOAD_RIP;
}

/* Keeps in `state` where the load that is still good at the call stands. */
static bool find_last_load(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    uintptr_t *load = state;
    if (at + insn->length >= hoist->call_end) {
        return true;
    }
    if (loads_register(hoist, insn)) {
        *load = at;
        hoist->slot = insn->target;
    } else if (!is_straight(insn) || cst_insn_may_write(insn, hoist->reg)) {
        *load = 0;
    }
    return true;
}

/* False when a jump may come in between the load (in `state`) and the call. */
static bool stays_outside(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    const uintptr_t *load = state;
    (void)at;
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
        return insn->target <= *load || insn->target >= hoist->call_end;
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
        return false;
    default:
        return true;
    }
}

static bool stays_out_of_function(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    (void)at;
    (void)state;
    bool relative = insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_BRANCH;
    return !relative || insn->target <= hoist->function.lo || insn->target >= hoist->function.hi;
}

/* False when the function jumps to code that jumps back into its middle: a part of it that lies elsewhere and was not
 * looked at. */
static bool is_whole(struct hoist *hoist, uintptr_t at, const struct cst_insn *insn, void *state)
{
    struct cst_range other;
    (void)at;
    if (stays_out_of_function(hoist, at, insn, state) &&
        (insn->kind == CST_INSN_JUMP || insn->kind == CST_INSN_BRANCH) &&
        cst_fde_find(hoist->image, insn->target, &other) && other.lo != hoist->function.lo) {
        return sweep(hoist, other, stays_out_of_function, NULL);
    }
    return true;
}

static bool loaded_just_before(struct hoist *hoist)
{
    uintptr_t load = 0;
    return sweep(hoist, hoist->function, find_last_load, &load) && load &&
           sweep(hoist, hoist->function, stays_outside, &load);
}

static bool never_holds_else(struct hoist *hoist)
{
    hoist->slot = 0;
    return preserved_by_calls(hoist->reg) && sweep(hoist, hoist->function, only_loads_slot, NULL) && hoist->slot;
}

bool cst_hoist_slot(const struct cst_image *image, uintptr_t return_address, uintptr_t *out_slot)
{
    struct hoist hoist = {.image = image, .call_end = return_address};
    bool found = false;
    bool proven = cst_fde_find(image, return_address - 1, &hoist.function) &&
                  sweep(&hoist, hoist.function, find_call, &found) && found &&
                  (loaded_just_before(&hoist) || never_holds_else(&hoist)) &&
                  sweep(&hoist, hoist.function, is_whole, NULL);
    *out_slot = hoist.slot;
    return proven;
}
