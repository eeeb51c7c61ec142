/* Rust entries: see rust.h. Everything about a module is checked before its first byte is written: either all of its
 * entries are hooked or none is, for a block that is made through a hook must be released through one. */
#include "site/rust.h"

#include "site/code_write.h"
#include "site/rust_entries.h"
#include "site/rust_names.h"
#include "site/rust_slot.h"
#include "site/rust_survey.h"

#include <stdatomic.h>
#include <string.h>

/* An entry as it was found. Addresses are those of the file. */
struct slot {
    enum cst_rust_entry entry;
    uint64_t address;
    uint64_t target; /* where its jmp leads */
    bool confirmed;  /* there the default allocator has its function of the same name */
    struct cst_rust_code old;
};

/* All of a module's. */
struct slots {
    struct slot slot[CST_RUST_ENTRIES_MAX];
    size_t count;
};

static _Atomic(cst_rust_router *) router;

void cst_rust_route(cst_rust_router *new_router)
{
    atomic_store(&router, new_router);
}

/* Rust's standard library as a shared object: `libstd-<hash>.so`. It has the entries of whoever links it so. */
static bool needs_shared_std(const struct cst_elf *elf)
{
    const char *name;
    for (size_t i = 0; (name = cst_elf_dynamic_string(elf, DT_NEEDED, i)) != NULL; i++) {
        if (strncmp(name, "libstd-", 7) == 0) {
            return true;
        }
    }
    return false;
}

/* Reads the code of an entry. False unless file and memory agree on it and it is a thunk. */
static bool read_thunk(const struct cst_elf *elf, const struct cst_module *module, const struct cst_rust_found *found,
                       struct slot *out_slot)
{
    const unsigned char *code = cst_elf_at(elf, found->address, CST_RUST_SLOT_SIZE, PF_R | PF_X);
    uintptr_t address = module->base + found->address;
    struct cst_rust_thunk thunk;
    if (code == NULL || address % CST_RUST_SLOT_SIZE != 0 || address < module->lo ||
        address > module->hi - CST_RUST_SLOT_SIZE) {
        return false;
    }
    *out_slot = (struct slot){.entry = found->entry, .address = found->address};
    memcpy(&out_slot->old, code, sizeof out_slot->old);
    if (memcmp((const void *)address, code, CST_RUST_SLOT_SIZE) != 0 ||
        !cst_rust_slot_is_thunk(&out_slot->old, &thunk) || (found->size != 0 && found->size != thunk.size) ||
        (thunk.framed && cst_code_has_other_threads())) {
        return false;
    }
    out_slot->target = found->address + (uint64_t)thunk.target;
    return true;
}

static bool read_thunks(const struct cst_elf *elf, const struct cst_module *module,
                        const struct cst_rust_survey *survey, struct slots *out_slots)
{
    if (survey->too_many || !cst_rust_survey_has(survey, CST_RUST_ENTRY_ALLOC) ||
        !cst_rust_survey_has(survey, CST_RUST_ENTRY_DEALLOC)) {
        return false;
    }
    for (out_slots->count = 0; out_slots->count < survey->count; out_slots->count++) {
        size_t i = out_slots->count;
        if (!read_thunk(elf, module, &survey->found[i], &out_slots->slot[i])) {
            return false;
        }
    }
    return true;
}

/* What one symbol says of a slot. False when it begins inside the slot behind its first byte: then the slot's end is not
 * padding but its code. */
static bool compare(const struct cst_elf_symbol *symbol, struct slot *slot)
{
    enum cst_rust_entry entry;
    if (symbol->value == slot->target && cst_rust_name(symbol->name, &entry) == CST_RUST_NAME_DEFAULT) {
        slot->confirmed |= entry == slot->entry;
    }
    bool inside = symbol->value > slot->address && symbol->value - slot->address < CST_RUST_SLOT_SIZE;
    return !inside || (symbol->type != STT_FUNC && symbol->type != STT_NOTYPE);
}

/* Whether every slot is all there is in its 16 bytes, and leads to the default allocator. One walk over the symbols. */
static bool confirm(const struct cst_elf *elf, struct slots *slots)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        for (size_t i = 0; symbol.defined && i < slots->count; i++) {
            if (!compare(&symbol, &slots->slot[i])) {
                return false;
            }
        }
    }
    for (size_t i = 0; i < slots->count; i++) {
        if (!slots->slot[i].confirmed) {
            return false;
        }
    }
    return true;
}

/* Entries are remembered before they are overwritten: a call that comes through the old code meanwhile is Rust's too. */
static bool remember(const struct cst_module *module, const struct slots *slots)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct slot *slot = &slots->slot[i];
        if (!cst_rust_entries_add(module->base + slot->address, slot->entry, module->id) ||
            !cst_rust_entries_add(module->base + slot->target, slot->entry, module->id)) {
            return false;
        }
    }
    return true;
}

static bool write_hooks(const struct cst_code_writer *writer, const struct cst_module *module,
                        const struct slots *slots, cst_rust_router *route)
{
    for (size_t i = 0; i < slots->count; i++) {
        const struct slot *slot = &slots->slot[i];
        struct cst_rust_code hook = cst_rust_slot_jump(route(module->id, slot->entry));
        if (cst_rust_slot_write(writer, module->base + slot->address, &hook)) {
            continue;
        }
        while (i-- > 0) {
            const struct slot *hooked = &slots->slot[i];
            (void)!cst_rust_slot_write(writer, module->base + hooked->address, &hooked->old);
        }
        return false;
    }
    return true;
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

static bool hook_entries(const struct cst_elf *elf, const struct cst_module *module,
                         const struct cst_rust_survey *survey)
{
    cst_rust_router *route = atomic_load(&router);
    struct slots slots = {.count = 0};
    if (!has_routes(module->id, survey, route) || !read_thunks(elf, module, survey, &slots) || !confirm(elf, &slots)) {
        return false;
    }
    struct cst_code_writer writer = cst_code_open(module, elf, slots.slot[0].address);
    bool hooked = remember(module, &slots) && write_hooks(&writer, module, &slots, route);
    if (!hooked) {
        cst_rust_forget(module->id);
    }
    cst_code_close(&writer);
    return hooked;
}

enum cst_rust_attribution cst_rust_hook(const struct cst_module *module, const struct cst_elf *elf,
                                        const struct cst_rust_survey *survey)
{
    if (survey->count != 0) {
        return hook_entries(elf, module, survey) ? CST_RUST_EXACT : CST_RUST_INFERRED;
    }
    if (survey->imports_entries || needs_shared_std(elf)) {
        return CST_RUST_EXACT;
    }
    bool present = survey->other || cst_elf_section_has(elf, ".comment", "rustc version");
    return present ? CST_RUST_INFERRED : CST_RUST_ABSENT;
}
