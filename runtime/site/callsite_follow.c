/* From a target to a function; see the header. */
#include "site/callsite_follow.h"

#include "site/decode_x86_64.h"
#include "site/detour.h"
#include "site/fde.h"

/* Stubs that one call may pass: its own, a canonical one in a fixed-address program, and some to spare. */
#define HOPS_MAX 6

/* Largest section of stubs that is looked through. */
#define STUBS_MAX ((size_t)1 << 20)

static bool decode_at(struct cst_range code, uintptr_t address, struct cst_insn *out_insn)
{
    return address >= code.lo && address < code.hi &&
           cst_insn_decode((const uint8_t *)address, code.hi - address, address, out_insn);
}

static bool is_nop(const struct cst_insn *insn)
{
    return (insn->map == CST_MAP_0F && insn->opcode == 0x1f) || (insn->map == CST_MAP_ONE && insn->opcode == 0x90);
}

/* `address`, or what follows the landing mark for indirect branches there. */
static uintptr_t skip_endbr(struct cst_range code, uintptr_t address)
{
    struct cst_insn insn;
    return decode_at(code, address, &insn) && cst_insn_is_endbr(&insn) ? address + insn.length : address;
}

/* True when `section` is nothing but jumps through memory, each padded behind itself, in rows of 8: stubs, to which the
 * linker gives one entry in .eh_frame together. A function that only jumps to another ends with its jump, unpadded. */
static bool holds_only_stubs(struct cst_range section)
{
    struct cst_insn insn;
    bool after_jump = false;
    if ((section.hi - section.lo) % 8 || section.hi - section.lo > STUBS_MAX) {
        return false;
    }
    for (uintptr_t at = section.lo; at < section.hi; at += insn.length) {
        if (!decode_at(section, at, &insn)) {
            return false;
        }
        if (is_nop(&insn) && after_jump) {
            continue;
        }
        at = skip_endbr(section, at);
        if (!decode_at(section, at, &insn) || insn.kind != CST_INSN_JUMP_RIP) {
            return false;
        }
        after_jump = true;
    }
    return true;
}

/* True when the jump through `slot` at `address` is the linker's and not the body of a function of the program. */
static bool is_stub(const struct cst_image *image, uintptr_t address, uintptr_t slot)
{
    struct cst_range section;
    switch (cst_image_slot(image, slot)) {
    case CST_SLOT_JUMP:
        return true;
    case CST_SLOT_GLOBAL:
        return cst_fde_find(image, address, &section) && holds_only_stubs(section);
    case CST_SLOT_CONSTANT:
    case CST_SLOT_NONE:
        break;
    }
    return false;
}

/* The second half of a stub: pushes the number of its relocation and jumps to the resolver. */
static bool is_unbound(struct cst_range code, uintptr_t address)
{
    struct cst_insn push, jump;
    uintptr_t at = skip_endbr(code, address);
    return decode_at(code, at, &push) && push.map == CST_MAP_ONE && push.opcode == 0x68 &&
           decode_at(code, at + push.length, &jump) && jump.kind == CST_INSN_JUMP;
}

/* The address behind the stub at `address`. False when there is no stub. */
static bool pass_stub(const struct cst_image *image, struct cst_range code, uintptr_t address, uintptr_t *out_next)
{
    struct cst_insn jump;
    return decode_at(code, skip_endbr(code, address), &jump) && jump.kind == CST_INSN_JUMP_RIP &&
           is_stub(image, address, jump.target) && cst_image_word(image, jump.target, out_next);
}

static struct cst_landing land_on_rust(uint32_t module)
{
    return (struct cst_landing){.kind = CST_LAND_RUST, .rust_module = module};
}

static struct cst_landing land_on_code(const struct cst_image *image, struct cst_range code, uintptr_t address)
{
    struct cst_landing landing = {.kind = CST_LAND_OPAQUE, .module = image->module};
    if (image->module->role == CST_ROLE_CUSTODY) {
        landing.kind = CST_LAND_ELSEWHERE;
    } else if (cst_fde_find(image, address, &landing.function)) {
        landing.kind = is_unbound(code, address) ? CST_LAND_UNBOUND : CST_LAND_FUNCTION;
    } else if (is_unbound(code, address)) {
        landing.kind = CST_LAND_UNBOUND;
    }
    return landing;
}

/* The door, or a function that was redirected to it. */
static bool is_door(uintptr_t address, const struct cst_goal *goal)
{
    if (goal->door == 0 || address == goal->door) {
        return goal->door != 0;
    }
    const struct cst_detour *detour = cst_detour_at(address);
    return detour != NULL && detour->hook == goal->door;
}

struct cst_landing cst_follow(uintptr_t address, const struct cst_goal *goal)
{
    for (int hops = 0; hops < HOPS_MAX; hops++) {
        enum cst_rust_entry entry;
        uint32_t rust_module;
        struct cst_image image;
        struct cst_range code;
        if (is_door(address, goal)) {
            return (struct cst_landing){.kind = CST_LAND_DOOR};
        }
        if (cst_rust_is_entry(address, &entry, &rust_module)) {
            return land_on_rust(rust_module);
        }
        if (!cst_image_at(address, &image) || !cst_image_segment(&image, address, PF_X, &code)) {
            break;
        }
        if (!pass_stub(&image, code, address, &address)) {
            return land_on_code(&image, code, address);
        }
    }
    return (struct cst_landing){.kind = CST_LAND_OPAQUE};
}

static struct cst_landing follow_variable(uintptr_t variable, uintptr_t target, const struct cst_goal *goal,
                                          struct cst_grounds *grounds)
{
    struct cst_landing landing = {.kind = CST_LAND_OPAQUE};
    if (variable % sizeof variable == 0) {
        cst_grounds_add(grounds, variable, target);
        landing = target ? cst_follow(target, goal) : (struct cst_landing){.kind = CST_LAND_ELSEWHERE};
        landing.variable = landing.kind == CST_LAND_DOOR ? variable : 0;
    }
    return landing;
}

struct cst_landing cst_follow_slot(uintptr_t slot, const struct cst_goal *goal, struct cst_grounds *grounds)
{
    uintptr_t target;
    enum cst_rust_entry entry;
    uint32_t rust_module;
    struct cst_image image;
    if (!cst_image_at(slot, &image) || !cst_image_word(&image, slot, &target)) {
        return (struct cst_landing){.kind = CST_LAND_OPAQUE};
    }
    if (cst_rust_is_entry(target, &entry, &rust_module)) {
        return land_on_rust(rust_module);
    }
    bool filled = cst_image_slot(&image, slot) != CST_SLOT_NONE;
    return filled ? cst_follow(target, goal) : follow_variable(slot, target, goal, grounds);
}

struct cst_landing cst_follow_value(const struct cst_value *value, const struct cst_goal *goal,
                                    struct cst_grounds *grounds)
{
    return value->kind == CST_VALUE_WORD ? cst_follow_slot(value->address, goal, grounds)
                                         : cst_follow(value->address, goal);
}
