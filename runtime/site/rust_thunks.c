/* Thunks of Rust's default allocator: see rust_thunks.h. Everything about a module is checked before its first byte is
 * written: either all of its entries are hooked or none is, for a block that is made through a hook must be released
 * through one. */
#include "site/rust_thunks.h"

#include "base/pool.h"
#include "site/code_write.h"
#include "site/detour.h"
#include "site/rust_entries.h"
#include "site/rust_names.h"
#include "site/rust_shape.h"
#include "site/rust_slot.h"

#include <string.h>

#define JUMP 0xe9
#define JUMP_SIZE 5 /* jmp rel32 */

/* An entry as it was found. Addresses are those of the file. */
struct thunk {
    enum cst_rust_entry entry;
    uint64_t address;
    uint64_t target; /* where its jmp leads */
    bool confirmed;  /* there the default allocator has its function of the same name */
    size_t size;     /* bytes of its code */
    bool is_slot;    /* alone in 16 bytes that may all be overwritten */
    struct cst_rust_code old;
};

/* All of a module's. */
struct thunks {
    struct thunk thunk[CST_RUST_ENTRIES_MAX];
    size_t count;
    bool are_slots;
};

/* Reads the code of an entry, a jmp that perhaps has a frame in front. False when it is anything else. */
static bool read_jump(const struct cst_elf *elf, const struct cst_rust_found *found, struct thunk *out_thunk)
{
    const unsigned char *code = cst_elf_at(elf, found->address, CST_RUST_SLOT_SIZE, PF_R | PF_X);
    size_t frame = code != NULL ? cst_shape_frame_size(code, CST_RUST_SLOT_SIZE) : 0;
    if (code == NULL || code[frame] != JUMP) {
        return false;
    }
    int32_t displacement;
    memcpy(&displacement, code + frame + 1, sizeof displacement);
    *out_thunk = (struct thunk){.entry = found->entry, .address = found->address, .size = frame + JUMP_SIZE};
    out_thunk->target = found->address + out_thunk->size + (uint64_t)(int64_t)displacement;
    memcpy(&out_thunk->old, code, sizeof out_thunk->old);
    return found->size == 0 || found->size == out_thunk->size;
}

/* Whether it may be overwritten as a slot: file and memory agree on it, and behind its code there is padding. */
static bool is_slot(const struct cst_module *module, const struct thunk *thunk)
{
    uintptr_t address = module->base + thunk->address;
    struct cst_rust_thunk shape;
    return address % CST_RUST_SLOT_SIZE == 0 && address >= module->lo && address <= module->hi - CST_RUST_SLOT_SIZE &&
           memcmp((const void *)address, &thunk->old, CST_RUST_SLOT_SIZE) == 0 &&
           cst_rust_slot_is_thunk(&thunk->old, &shape) && !(shape.framed && cst_code_has_other_threads());
}

static bool read_thunks(const struct cst_elf *elf, const struct cst_module *module,
                        const struct cst_rust_survey *survey, struct thunks *out_thunks)
{
    if (survey->too_many || !cst_rust_survey_has(survey, CST_RUST_ENTRY_ALLOC) ||
        !cst_rust_survey_has(survey, CST_RUST_ENTRY_DEALLOC)) {
        return false;
    }
    for (out_thunks->count = 0; out_thunks->count < survey->count; out_thunks->count++) {
        struct thunk *thunk = &out_thunks->thunk[out_thunks->count];
        if (!read_jump(elf, &survey->found[out_thunks->count], thunk)) {
            return false;
        }
        thunk->is_slot = is_slot(module, thunk);
    }
    return true;
}

/* What one symbol says of a thunk. When it begins inside the thunk's 16 bytes behind the first one, their end is not
 * padding but its code. */
static void compare(const struct cst_elf_symbol *symbol, struct thunk *thunk)
{
    enum cst_rust_entry entry;
    if (symbol->value == thunk->target && cst_rust_name(symbol->name, &entry) == CST_RUST_NAME_DEFAULT) {
        thunk->confirmed |= entry == thunk->entry;
    }
    bool inside = symbol->value > thunk->address && symbol->value - thunk->address < CST_RUST_SLOT_SIZE;
    thunk->is_slot &= !inside || (symbol->type != STT_FUNC && symbol->type != STT_NOTYPE);
}

static void compare_all(const struct cst_elf *elf, struct thunks *thunks)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        for (size_t i = 0; symbol.defined && i < thunks->count; i++) {
            compare(&symbol, &thunks->thunk[i]);
        }
    }
}

/* Whether every thunk leads to the default allocator, by the module's symbols; notes which of them are slots. */
static bool confirm(const struct cst_elf *elf, struct thunks *thunks)
{
    compare_all(elf, thunks);
    thunks->are_slots = true;
    for (size_t i = 0; i < thunks->count; i++) {
        if (!thunks->thunk[i].confirmed) {
            return false;
        }
        thunks->are_slots &= thunks->thunk[i].is_slot;
    }
    return true;
}

/* Entries are remembered before they are overwritten: a call that comes through the old code meanwhile is Rust's too. */
static bool remember(const struct cst_module *module, const struct thunks *thunks)
{
    for (size_t i = 0; i < thunks->count; i++) {
        const struct thunk *thunk = &thunks->thunk[i];
        if (!cst_rust_entries_add(module->base + thunk->address, thunk->entry, module->id) ||
            !cst_rust_entries_add(module->base + thunk->target, thunk->entry, module->id)) {
            return false;
        }
    }
    return true;
}

static bool write_slots(const struct cst_code_writer *writer, const struct cst_module *module,
                        const struct thunks *thunks, cst_rust_router *route)
{
    for (size_t i = 0; i < thunks->count; i++) {
        const struct thunk *thunk = &thunks->thunk[i];
        struct cst_rust_code hook = cst_rust_slot_jump(route(module->id, thunk->entry));
        if (cst_rust_slot_write(writer, module->base + thunk->address, &hook)) {
            continue;
        }
        while (i-- > 0) {
            const struct thunk *hooked = &thunks->thunk[i];
            (void)!cst_rust_slot_write(writer, module->base + hooked->address, &hooked->old);
        }
        return false;
    }
    return true;
}

static bool overwrite_slots(const struct cst_elf *elf, const struct cst_module *module, const struct thunks *thunks,
                            cst_rust_router *route)
{
    struct cst_code_writer writer = cst_code_open(elf, thunks->thunk[0].address);
    bool written = write_slots(&writer, module, thunks, route);
    cst_code_close(&writer);
    return written;
}

/* Where a slot does not fit, the jmp alone is replaced. The router's code has no use for the detour's argument, so it gets it
 * in a register that no entry takes. */
static bool lay_detours(const struct cst_elf *elf, const struct cst_module *module, const struct thunks *thunks,
                        cst_rust_router *route)
{
    enum { UNUSED_ARGUMENT = 5 };
    struct cst_detour *detours = cst_pool_alloc(thunks->count * sizeof *detours);
    for (size_t i = 0; detours != NULL && i < thunks->count; i++) {
        const struct thunk *thunk = &thunks->thunk[i];
        detours[i] = (struct cst_detour){.function = module->base + thunk->address,
                                         .size = thunk->size,
                                         .hook = route(module->id, thunk->entry),
                                         .argument = UNUSED_ARGUMENT};
    }
    return detours != NULL && cst_detour_lay(module, elf, detours, thunks->count);
}

static bool has_routes(uint32_t module, const struct cst_rust_survey *survey, cst_rust_router *route)
{
    for (size_t i = 0; i < survey->count; i++) {
        if (route == NULL || route(module, survey->found[i].entry) == 0) {
            return false;
        }
    }
    return true;
}

bool cst_rust_thunks_hook(const struct cst_elf *elf, const struct cst_module *module,
                          const struct cst_rust_survey *survey, bool proven, cst_rust_router *route)
{
    struct thunks thunks = {.count = 0};
    if (!has_routes(module->id, survey, route) || !read_thunks(elf, module, survey, &thunks) ||
        (!proven && !confirm(elf, &thunks))) {
        return false;
    }
    bool hooked = remember(module, &thunks) && (thunks.are_slots ? overwrite_slots(elf, module, &thunks, route)
                                                                 : lay_detours(elf, module, &thunks, route));
    if (!hooked) {
        cst_rust_forget(module->id);
    }
    return hooked;
}
