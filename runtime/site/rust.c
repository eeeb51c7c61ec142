/* Rust entries: see rust.h. Everything about a module is checked before its first byte is written: either all of its
 * entries are hooked or none is, for a block that is made through a hook must be released through one. */
#include "site/rust.h"

#include "base/elf.h"
#include "plat/sys.h"
#include "site/module_file.h"
#include "site/rust_entries.h"
#include "site/rust_names.h"
#include "site/rust_slot.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

/* A module has four entries; several when Rust libraries of several compilers are linked into it. */
#define SLOT_MAX 32

/* An entry as it was found. Addresses are those of the file. */
struct slot {
    enum cst_rust_entry entry;
    uint64_t address, size;
    uint64_t target; /* where its jmp leads */
    struct cst_rust_code old;
};

/* What the symbols of a module say about Rust. */
struct survey {
    struct slot slots[SLOT_MAX];
    size_t slot_count;
    bool too_many;        /* entries beyond SLOT_MAX */
    bool imports_entries; /* another module's entries are called */
    bool other;           /* other traces of Rust */
};

static _Atomic(cst_rust_router *) router;
static atomic_bool protect_allowed;

void cst_rust_route(cst_rust_router *new_router)
{
    atomic_store(&router, new_router);
}

void cst_rust_allow_protect(bool allowed)
{
    atomic_store(&protect_allowed, allowed);
}

static void add_slot(struct survey *survey, const struct cst_elf_symbol *symbol, enum cst_rust_entry entry)
{
    for (size_t i = 0; i < survey->slot_count; i++) {
        if (survey->slots[i].address == symbol->value && survey->slots[i].entry == entry) {
            return; /* in both symbol tables */
        }
    }
    if (survey->slot_count == SLOT_MAX) {
        survey->too_many = true;
        return;
    }
    survey->slots[survey->slot_count++] = (struct slot){.entry = entry, .address = symbol->value, .size = symbol->size};
}

static void survey_table(const struct cst_elf *elf, enum cst_elf_table table, struct survey *survey)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, table);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        enum cst_rust_entry entry;
        enum cst_rust_name name = cst_rust_name(symbol.name, &entry);
        if (name == CST_RUST_NAME_ENTRY && symbol.defined) {
            add_slot(survey, &symbol, entry);
        }
        survey->imports_entries |= name == CST_RUST_NAME_ENTRY && !symbol.defined;
        survey->other |= name != CST_RUST_NAME_NONE;
    }
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

static bool is_default_allocator(const struct cst_elf *elf, uint64_t address, enum cst_rust_entry wanted)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        enum cst_rust_entry entry;
        if (symbol.value == address && symbol.defined && cst_rust_name(symbol.name, &entry) == CST_RUST_NAME_DEFAULT &&
            entry == wanted) {
            return true;
        }
    }
    return false;
}

/* Whether a symbol begins inside the slot behind its first byte: then the slot's end is not padding but its code. */
static bool is_shared(const struct cst_elf *elf, uint64_t address)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        if (symbol.defined && symbol.value > address && symbol.value - address < CST_RUST_SLOT_SIZE &&
            (symbol.type == STT_FUNC || symbol.type == STT_NOTYPE)) {
            return true;
        }
    }
    return false;
}

/* Threads that are not made by libc do not count: they have no business in Rust's code. */
static bool has_other_threads(void)
{
    return !__libc_single_threaded && !atomic_load(&protect_allowed);
}

/* Reads the slot's code; false unless file and memory agree on it and it is a thunk that leads to the default allocator. */
static bool read_thunk(const struct cst_elf *elf, const struct cst_module *module, struct slot *slot)
{
    const unsigned char *code = cst_elf_at(elf, slot->address, CST_RUST_SLOT_SIZE, PF_R | PF_X);
    uintptr_t address = module->base + slot->address;
    struct cst_rust_thunk thunk;
    if (code == NULL || address % CST_RUST_SLOT_SIZE != 0 || address < module->lo ||
        address > module->hi - CST_RUST_SLOT_SIZE) {
        return false;
    }
    memcpy(&slot->old, code, sizeof slot->old);
    if (memcmp((const void *)address, code, CST_RUST_SLOT_SIZE) != 0 || !cst_rust_slot_is_thunk(&slot->old, &thunk) ||
        (slot->size != 0 && slot->size != thunk.size) || (thunk.framed && has_other_threads())) {
        return false;
    }
    slot->target = slot->address + (uint64_t)thunk.target;
    return is_default_allocator(elf, slot->target, slot->entry) && !is_shared(elf, slot->address);
}

static bool has_entry(const struct survey *survey, enum cst_rust_entry entry)
{
    for (size_t i = 0; i < survey->slot_count; i++) {
        if (survey->slots[i].entry == entry) {
            return true;
        }
    }
    return false;
}

static bool all_thunks(const struct cst_elf *elf, const struct cst_module *module, struct survey *survey)
{
    if (survey->too_many || !has_entry(survey, CST_RUST_ENTRY_ALLOC) || !has_entry(survey, CST_RUST_ENTRY_DEALLOC)) {
        return false;
    }
    for (size_t i = 0; i < survey->slot_count; i++) {
        if (!read_thunk(elf, module, &survey->slots[i])) {
            return false;
        }
    }
    return true;
}

/* Entries are remembered before they are overwritten: a call that comes through the old code meanwhile is Rust's too. */
static bool remember(const struct cst_module *module, const struct survey *survey)
{
    for (size_t i = 0; i < survey->slot_count; i++) {
        const struct slot *slot = &survey->slots[i];
        if (!cst_rust_entries_add(module->base + slot->address, slot->entry, module->id) ||
            !cst_rust_entries_add(module->base + slot->target, slot->entry, module->id)) {
            return false;
        }
    }
    return true;
}

static bool write_hooks(const struct cst_rust_writer *writer, const struct cst_module *module,
                        const struct survey *survey, cst_rust_router *route)
{
    for (size_t i = 0; i < survey->slot_count; i++) {
        const struct slot *slot = &survey->slots[i];
        struct cst_rust_code hook = cst_rust_slot_jump(route(module->id, slot->entry));
        if (cst_rust_slot_write(writer, module->base + slot->address, &hook)) {
            continue;
        }
        while (i-- > 0) {
            const struct slot *hooked = &survey->slots[i];
            (void)!cst_rust_slot_write(writer, module->base + hooked->address, &hooked->old);
        }
        return false;
    }
    return true;
}

static bool has_routes(uint32_t module, const struct survey *survey, cst_rust_router *route)
{
    for (size_t i = 0; i < survey->slot_count; i++) {
        if (route == NULL || route(module, survey->slots[i].entry) == 0) {
            return false;
        }
    }
    return true;
}

/* The protection that the dynamic linker gave to the page of a slot. */
static int slot_protection(const struct cst_elf *elf, uint64_t address)
{
    bool writable = cst_elf_at(elf, address, CST_RUST_SLOT_SIZE, PF_R | PF_W | PF_X) != NULL;
    return PROT_READ | PROT_EXEC | (writable ? PROT_WRITE : 0);
}

/* Our own code may share a page with the entries when we are linked into the module: it must stay executable. */
static bool holds_us(const struct cst_module *module)
{
    uintptr_t here = (uintptr_t)&cst_rust_hook;
    return here >= module->lo && here < module->hi;
}

static bool hook_entries(const struct cst_elf *elf, const struct cst_module *module, struct survey *survey)
{
    cst_rust_router *route = atomic_load(&router);
    if (!has_routes(module->id, survey, route) || !all_thunks(elf, module, survey)) {
        return false;
    }
    struct cst_rust_writer writer = {
        .memory = cst_sys_open_memory(),
        .may_protect = atomic_load(&protect_allowed) && !holds_us(module),
        .protection = slot_protection(elf, survey->slots[0].address),
    };
    bool hooked = remember(module, survey) && write_hooks(&writer, module, survey, route);
    if (!hooked) {
        cst_rust_forget(module->id);
    }
    if (writer.memory >= 0) {
        cst_sys_close(writer.memory);
    }
    return hooked;
}

static enum cst_rust_attribution hook_file(const struct cst_elf *elf, const struct cst_module *module)
{
    struct survey survey = {.slot_count = 0};
    survey_table(elf, CST_ELF_SYMTAB, &survey);
    survey_table(elf, CST_ELF_DYNSYM, &survey);
    if (survey.slot_count != 0) {
        return hook_entries(elf, module, &survey) ? CST_RUST_EXACT : CST_RUST_INFERRED;
    }
    if (survey.imports_entries || needs_shared_std(elf)) {
        return CST_RUST_EXACT;
    }
    bool present = survey.other || cst_elf_section_has(elf, ".comment", "rustc version");
    return present ? CST_RUST_INFERRED : CST_RUST_ABSENT;
}

enum cst_rust_attribution cst_rust_hook(const struct cst_module *module)
{
    struct cst_elf elf;
    if (!cst_module_open_file(module, &elf)) {
        return CST_RUST_ABSENT;
    }
    enum cst_rust_attribution attribution = hook_file(&elf, module);
    cst_elf_close(&elf);
    return attribution;
}
