/* Doors of families: see family_doors.h. */
#include "entry/family_doors.h"

#include "base/elf.h"
#include "base/pool.h"
#include "core/engine.h"
#include "entry/family_hook.h"
#include "site/callsite.h"
#include "site/detour.h"
#include "site/module_file.h"

#include <dlfcn.h>
#include <string.h>

_Static_assert(CST_FAMILY_HOOK_ARGUMENT == 5, "the hook's argument behind those of the functions");

/* A symbol of a function that is to be redirected. */
struct place {
    uintptr_t address;
    size_t size;
};

/* Functions of one library, in the order of the list. */
struct opening {
    const struct cst_module *module;
    struct cst_family *family;
    struct cst_detour *detours;    /* in the pool, as what follows */
    struct cst_family_door *doors; /* [count], as `detours` */
    size_t count;
};

static uintptr_t other_malloc;

void cst_family_doors_start(void)
{
    other_malloc = cst_callsite_door(CUSTODY_DOOR_MALLOC) ? (uintptr_t)dlsym(RTLD_NEXT, "malloc") : 0;
}

static bool has_other_malloc(const struct cst_module *module)
{
    return other_malloc >= module->lo && other_malloc < module->hi;
}

static size_t row_of(const struct cst_family_function *function)
{
    return (size_t)(function - cst_family_functions);
}

static void find_places(const struct cst_module *module, const struct cst_elf *elf,
                        struct place places[CST_FAMILY_FUNCTIONS])
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        const struct cst_family_function *function =
            symbol.defined && symbol.type == STT_FUNC
                ? cst_family_find((enum custody_contract)module->family, symbol.name)
                : NULL;
        if (function)
            places[row_of(function)] = (struct place){module->base + symbol.value, symbol.size};
    }
}

static bool is_listed(const struct opening *opening, uintptr_t function)
{
    for (size_t i = 0; i < opening->count; i++)
        if (opening->detours[i].function == function)
            return true;
    return false;
}

/* Some functions have several names: the first in the list is theirs. */
static void list(struct opening *opening, const struct cst_family_function *function, const struct place *place)
{
    if (place->address == 0 || opening->count == CST_DETOUR_BATCH_MAX || is_listed(opening, place->address))
        return;
    struct cst_family_door *door = &opening->doors[opening->count];
    *door = (struct cst_family_door){.function = function, .family = opening->family};
    opening->detours[opening->count++] = (struct cst_detour){.function = place->address,
                                                             .size = place->size,
                                                             .hook = (uintptr_t)cst_family_hook,
                                                             .argument = CST_FAMILY_HOOK_ARGUMENT,
                                                             .data = door};
}

/* True for what blocks end in: when it is not redirected, nothing that is known of them stays true. */
static bool is_needed(const struct cst_family_function *function)
{
    switch ((enum cst_family_role)function->role) {
    case CST_FAMILY_MAKE:
    case CST_FAMILY_MAKE_OUT:
    case CST_FAMILY_QUERY:
    case CST_FAMILY_OWNS:
        return false;
    case CST_FAMILY_RESIZE:
    case CST_FAMILY_RESIZE_ONLY:
    case CST_FAMILY_RESIZE_OR_FREE:
    case CST_FAMILY_RESIZE_OUT:
    case CST_FAMILY_STRETCH:
    case CST_FAMILY_STRETCH_OR_NULL:
    case CST_FAMILY_RELEASE:
        break;
    }
    return true;
}

static void list_all(struct opening *opening, const struct place places[CST_FAMILY_FUNCTIONS], bool needed)
{
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++) {
        const struct cst_family_function *function = &cst_family_functions[i];
        if (is_needed(function) == needed)
            list(opening, function, &places[i]);
    }
}

static bool begin(const struct cst_module *module, struct opening *out_opening)
{
    *out_opening = (struct opening){.module = module,
                                    .family = cst_pool_alloc(sizeof *out_opening->family),
                                    .detours = cst_pool_alloc(CST_DETOUR_BATCH_MAX * sizeof *out_opening->detours),
                                    .doors = cst_pool_alloc(CST_DETOUR_BATCH_MAX * sizeof *out_opening->doors)};
    return out_opening->family && out_opening->detours && out_opening->doors;
}

static const struct cst_detour *first_of(const struct opening *opening, enum cst_family_role role)
{
    for (size_t i = 0; i < opening->count; i++)
        if (opening->doors[i].function->role == role)
            return &opening->detours[i];
    return NULL;
}

static bool complete(struct opening *opening)
{
    struct cst_family *family = opening->family;
    *family = (struct cst_family){
        .adopter = {.release = cst_family_release, .usable = cst_family_usable, .module = opening->module->id},
        .maker = first_of(opening, CST_FAMILY_MAKE),
        .releaser = first_of(opening, CST_FAMILY_RELEASE),
        .usable = first_of(opening, CST_FAMILY_QUERY)};
    return family->maker && family->releaser && family->usable;
}

/* Of a function that is not redirected, the original is the function. */
static void leave(struct opening *opening, size_t first)
{
    for (size_t i = first; i < opening->count; i++)
        opening->detours[i].original = opening->detours[i].function;
}

/* Together, or those that are needed together and each of the others by itself: hooks of the former may run these already. */
static bool lay(struct opening *opening, const struct cst_elf *elf)
{
    if (cst_detour_lay(opening->module, elf, opening->detours, opening->count))
        return true;
    size_t first = 0;
    while (first < opening->count && is_needed(opening->doors[first].function))
        first++;
    leave(opening, first);
    bool laid = cst_detour_lay(opening->module, elf, opening->detours, first);
    for (size_t i = first; laid && i < opening->count; i++)
        if (!cst_detour_lay(opening->module, elf, &opening->detours[i], 1))
            opening->detours[i].original = opening->detours[i].function;
    return laid;
}

/* True when somebody else has redirected some, as those of an allocator that Rust brought along: he sees what they make. */
static bool are_redirected(const struct place places[CST_FAMILY_FUNCTIONS])
{
    for (size_t i = 0; i < CST_FAMILY_FUNCTIONS; i++)
        if (places[i].address && cst_detour_at(places[i].address))
            return true;
    return false;
}

static bool open_in(const struct cst_module *module, const struct cst_elf *elf)
{
    struct place places[CST_FAMILY_FUNCTIONS] = {{0, 0}};
    struct opening opening;
    find_places(module, elf, places);
    if (are_redirected(places))
        return true;
    if (!begin(module, &opening))
        return false;
    list_all(&opening, places, true);
    list_all(&opening, places, false);
    return opening.count == 0 || (complete(&opening) && lay(&opening, elf));
}

/* A program with a malloc of its own does not come to us; nor does another link namespace. */
static bool is_apart(const struct cst_module *module)
{
    return module->family == CUSTODY_CONTRACT_UNKNOWN || cst_callsite_door(CUSTODY_DOOR_FREE) == 0 ||
           module->link_namespace != 0 || (module->role == CST_ROLE_PROGRAM && module->own_malloc);
}

bool cst_family_doors_open(const struct cst_module *module)
{
    struct cst_elf elf = {0};
    if (has_other_malloc(module) && module->role != CST_ROLE_LIBC)
        cst_engine_settings.has_other_malloc = true;
    if (is_apart(module))
        return true;
    bool opened = cst_module_open_file(module, &elf) && open_in(module, &elf);
    if (opened && has_other_malloc(module))
        cst_engine_settings.malloc_family = (enum custody_contract)module->family;
    cst_elf_close(&elf);
    return opened;
}
