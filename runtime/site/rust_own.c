/* Rust allocators of a module's own: see rust_own.h. */
#include "site/rust_own.h"

#include "base/pool.h"
#include "site/rust_closed.h"

#include <string.h>

/* Which of a hook's arguments gets the detour: the one behind those of the function. */
static const unsigned entry_arguments[CST_RUST_ENTRY_COUNT] = {
    [CST_RUST_ENTRY_ALLOC] = 2,
    [CST_RUST_ENTRY_ALLOC_ZEROED] = 2,
    [CST_RUST_ENTRY_REALLOC] = 4,
    [CST_RUST_ENTRY_DEALLOC] = 3,
};
static const unsigned member_arguments[CST_RUST_MEMBER_COUNT] = {
    [CST_RUST_MEMBER_MALLOC] = 1,  [CST_RUST_MEMBER_CALLOC] = 2,
    [CST_RUST_MEMBER_REALLOC] = 2, [CST_RUST_MEMBER_FREE] = 1,
    [CST_RUST_MEMBER_MALLOCX] = 2, [CST_RUST_MEMBER_RALLOCX] = 3,
    [CST_RUST_MEMBER_DALLOCX] = 2, [CST_RUST_MEMBER_SDALLOCX] = 3,
    [CST_RUST_MEMBER_ALIGNED] = 2, [CST_RUST_MEMBER_REALLOC_ALIGNED] = 3,
};

/* As the crates tikv-jemalloc-sys and libmimalloc-sys name them. */
static const struct {
    const char *name;
    enum cst_rust_member member;
} names[] = {
    {"_rjem_malloc", CST_RUST_MEMBER_MALLOC},
    {"_rjem_calloc", CST_RUST_MEMBER_CALLOC},
    {"_rjem_realloc", CST_RUST_MEMBER_REALLOC},
    {"_rjem_free", CST_RUST_MEMBER_FREE},
    {"_rjem_mallocx", CST_RUST_MEMBER_MALLOCX},
    {"_rjem_rallocx", CST_RUST_MEMBER_RALLOCX},
    {"_rjem_dallocx", CST_RUST_MEMBER_DALLOCX},
    {"_rjem_sdallocx", CST_RUST_MEMBER_SDALLOCX},
    {"mi_malloc", CST_RUST_MEMBER_MALLOC},
    {"mi_zalloc", CST_RUST_MEMBER_MALLOC},
    {"mi_calloc", CST_RUST_MEMBER_CALLOC},
    {"mi_realloc", CST_RUST_MEMBER_REALLOC},
    {"mi_free", CST_RUST_MEMBER_FREE},
    {"mi_malloc_aligned", CST_RUST_MEMBER_ALIGNED},
    {"mi_zalloc_aligned", CST_RUST_MEMBER_ALIGNED},
    {"mi_realloc_aligned", CST_RUST_MEMBER_REALLOC_ALIGNED},
};

static struct cst_detour detour_of(const struct cst_module *module, const struct cst_rust_own *own, uint64_t address,
                                   uint64_t size)
{
    return (struct cst_detour){.function = module->base + address, .size = size, .data = own};
}

/* Four entries, one of each kind. */
static bool take_entries(const struct cst_module *module, const struct cst_rust_survey *survey,
                         const struct cst_rust_own_hooks *hooks, struct cst_rust_own *own)
{
    if (survey->too_many || survey->count != CST_RUST_ENTRY_COUNT) {
        return false;
    }
    for (size_t i = 0; i < survey->count; i++) {
        const struct cst_rust_found *found = &survey->found[i];
        struct cst_detour *detour = &own->detours[found->entry];
        if (detour->function != 0) {
            return false;
        }
        *detour = detour_of(module, own, found->address, found->size);
        detour->hook = hooks->entries[found->entry];
        detour->argument = entry_arguments[found->entry];
    }
    return true;
}

static void take_member(const struct cst_module *module, const struct cst_elf_symbol *symbol,
                        const struct cst_rust_own_hooks *hooks, struct cst_rust_own *own)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(symbol->name, names[i].name) == 0 && own->member_count < CST_RUST_MEMBERS_MAX) {
            struct cst_detour *detour = &own->detours[CST_RUST_ENTRY_COUNT + own->member_count++];
            *detour = detour_of(module, own, symbol->value, symbol->size);
            detour->hook = hooks->members[names[i].member];
            detour->argument = member_arguments[names[i].member];
            return;
        }
    }
}

static void take_members(const struct cst_module *module, const struct cst_elf *elf,
                         const struct cst_rust_own_hooks *hooks, struct cst_rust_own *own)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_SYMTAB);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        bool may_be = symbol.defined && symbol.type == STT_FUNC && (symbol.name[0] == '_' || symbol.name[0] == 'm');
        if (may_be) {
            take_member(module, &symbol, hooks, own);
        }
    }
}

static bool lay(const struct cst_module *module, const struct cst_elf *elf, struct cst_rust_own *own)
{
    return cst_detour_lay(module, elf, own->detours, CST_RUST_ENTRY_COUNT + own->member_count);
}

const struct cst_rust_own *cst_rust_own_hook(const struct cst_module *module, const struct cst_elf *elf,
                                             const struct cst_rust_survey *survey,
                                             const struct cst_rust_own_hooks *hooks)
{
    struct cst_rust_own *own = hooks != NULL ? cst_pool_alloc(sizeof *own) : NULL;
    if (own == NULL || !take_entries(module, survey, hooks, own)) {
        return NULL;
    }
    own->module = module->id;
    own->hook_data = hooks->open(own);
    take_members(module, elf, hooks, own);
    own->closed = own->member_count != 0;
    if (own->hook_data == NULL || (own->closed && lay(module, elf, own))) {
        return own->hook_data != NULL ? own : NULL;
    }
    own->member_count = 0;
    own->closed = cst_rust_closed(module, elf, survey);
    return lay(module, elf, own) ? own : NULL;
}
