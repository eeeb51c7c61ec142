/* Room for a detour on x86-64: see detour_room.h. */
#include "site/detour_room.h"

#include "site/decode_x86_64.h"
#include "site/fde.h"

/* Parts that lie elsewhere, and bytes in all, that are looked through. */
#define PARTS_MAX 16
#define BYTES_MAX ((size_t)256 << 10)

/* A function with what its jumps lead to. */
struct search {
    const struct cst_room *room;
    struct cst_range taken; /* what is replaced, an endbr64 in front included */
    struct cst_range parts[PARTS_MAX];
    size_t count;
    size_t bytes;
};

bool cst_room_open(const struct cst_module *module, uintptr_t address, size_t size, struct cst_room *out_room)
{
    struct cst_range segment, *function = &out_room->function;
    struct cst_insn first;
    if (!cst_image_open(module, &out_room->image) || !cst_image_segment(&out_room->image, address, PF_X, &segment)) {
        return false;
    }
    if (!cst_fde_find(&out_room->image, address, function)) {
        *function = (struct cst_range){address, address + (size < segment.hi - address ? size : 0)};
    }
    if (function->lo != address || function->hi <= address ||
        !cst_insn_decode((const uint8_t *)address, function->hi - address, address, &first)) {
        return false;
    }
    out_room->entry = address + (cst_insn_is_endbr(&first) ? first.length : 0);
    return true;
}

static bool holds(struct cst_range range, uintptr_t address)
{
    return address >= range.lo && address < range.hi;
}

/* A jump out of the function: to another one, or to a part of this one that was split off. */
static bool add_part(struct search *search, uintptr_t target)
{
    struct cst_range part;
    for (size_t i = 0; i < search->count; i++) {
        if (holds(search->parts[i], target)) {
            return true;
        }
    }
    if (!cst_fde_find(&search->room->image, target, &part) ||
        cst_insn_is_stub((const uint8_t *)target, part.hi - target)) {
        return true; /* a stub, or code without tables: no part of a function that has them */
    }
    search->bytes += part.hi - part.lo;
    if (search->count == PARTS_MAX || search->bytes > BYTES_MAX) {
        return false;
    }
    search->parts[search->count++] = part;
    return true;
}

/* `own`: the instruction belongs to the function itself, and not to what it jumps to. */
static bool note_jump(struct search *search, uintptr_t target, bool own)
{
    if (holds(search->taken, target)) {
        return target == search->taken.lo && !own;
    }
    return !own || holds(search->room->function, target) || add_part(search, target);
}

static bool note_instruction(struct search *search, const struct cst_insn *insn, bool own)
{
    switch (insn->kind) {
    case CST_INSN_JUMP:
    case CST_INSN_BRANCH:
        return note_jump(search, insn->target, own);
    case CST_INSN_CALL:
        return !holds(search->taken, insn->target) || insn->target == search->taken.lo;
    case CST_INSN_JUMP_REG:
    case CST_INSN_JUMP_MEM:
        return !own;
    default:
        return true;
    }
}

static bool sweep(struct search *search, struct cst_range range, bool own)
{
    struct cst_insn insn;
    size_t length;
    for (uintptr_t at = range.lo; at < range.hi; at += length) {
        length = cst_insn_skip((const uint8_t *)at, range.hi - at);
        if (length) {
            continue;
        }
        if (!cst_insn_decode((const uint8_t *)at, range.hi - at, at, &insn) || !note_instruction(search, &insn, own)) {
            return false;
        }
        length = insn.length;
    }
    return true;
}

bool cst_room_is_free(const struct cst_room *room, size_t taken)
{
    struct search search = {.room = room, .taken = {room->function.lo, room->entry + taken}};
    if (search.taken.hi > room->function.hi || !sweep(&search, room->function, true)) {
        return false;
    }
    for (size_t i = 0; i < search.count; i++) {
        if (!sweep(&search, search.parts[i], false)) {
            return false;
        }
    }
    return true;
}
