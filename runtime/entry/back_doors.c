/* Back doors: see back_doors.h. */
#include "entry/back_doors.h"

#include "base/pool.h"
#include "custody/words.h"
#include "site/detour.h"
#include "site/mangling.h"
#include "site/module_file.h"

#include <dlfcn.h>
#include <string.h>

/* The integer argument that a detour adds: one that no function of malloc's family has. */
#define SPARE_ARGUMENT 5

static const uintptr_t *door_addresses;

/* Functions of one library. */
struct back_doors {
    const struct cst_module *library;
    struct cst_detour *detours; /* [CUSTODY_DOOR_COUNT], in the pool */
    size_t count;
};

/* True for the doors of an allocator itself, false for those of what libc makes with it. */
#define IS_ALLOC true
#define IS_RELEASE true
#define IS_RESIZE true
#define IS_QUERY true
#define IS_LIBC false
#define IS_OWN false
#define IS_FAMILY false

static const bool is_of_allocator[CUSTODY_DOOR_COUNT] = {
#define CUSTODY_DOOR(ID, symbol, contract, verb) IS_##verb,
#include "custody/doors.def"
};

/* Some functions have several names. */
static void list(struct back_doors *doors, uintptr_t function, enum custody_door door)
{
    for (size_t i = 0; i < doors->count; i++)
        if (doors->detours[i].function == function)
            return;
    doors->detours[doors->count++] =
        (struct cst_detour){.function = function, .hook = door_addresses[door], .argument = SPARE_ARGUMENT};
}

/* False when the function of this name behind ours is not libc's, or we have none. One that nobody has (free_sized) is none of anybody's. */
static bool list_of_libc(struct back_doors *doors, enum custody_door door)
{
    uintptr_t function = (uintptr_t)dlsym(RTLD_NEXT, custody_door_symbol(door));
    const struct cst_module *module = function ? cst_module_find(function) : NULL;
    if (!function)
        return true;
    bool is_libcs = module && module->role == CST_ROLE_LIBC && (!doors->library || doors->library == module);
    if (!is_libcs || !door_addresses[door])
        return false;
    doors->library = module;
    list(doors, function, door);
    return true;
}

static bool list_libc(struct back_doors *doors)
{
    for (enum custody_door door = 0; door < CUSTODY_DOOR_COUNT; door++)
        if (is_of_allocator[door] && custody_door_contract(door) == CUSTODY_CONTRACT_MALLOC &&
            !list_of_libc(doors, door))
            return false;
    return doors->count > 0;
}

static bool is_operator(enum custody_door door, const struct cst_elf_symbol *symbol)
{
    enum custody_contract contract = custody_door_contract(door);
    return (contract == CUSTODY_CONTRACT_NEW || contract == CUSTODY_CONTRACT_NEW_ARRAY) &&
           strcmp(symbol->name, custody_door_symbol(door)) == 0;
}

static bool list_cxx(struct back_doors *doors, const struct cst_elf *elf)
{
    struct cst_elf_symbols symbols = cst_elf_symbols(elf, CST_ELF_DYNSYM);
    struct cst_elf_symbol symbol;
    while (cst_elf_next(&symbols, &symbol)) {
        bool candidate = symbol.defined && cst_mangling_operator(symbol.name) != CUSTODY_CONTRACT_UNKNOWN;
        for (enum custody_door door = 0; candidate && door < CUSTODY_DOOR_COUNT; door++)
            if (door_addresses[door] && is_operator(door, &symbol))
                list(doors, doors->library->base + symbol.value, door);
    }
    return doors->count > 0;
}

static bool begin(const struct cst_module *library, struct back_doors *out_doors)
{
    bool has_doors = door_addresses && door_addresses[CUSTODY_DOOR_FREE];
    *out_doors = (struct back_doors){.library = library};
    if (has_doors)
        out_doors->detours = cst_pool_alloc(CUSTODY_DOOR_COUNT * sizeof *out_doors->detours);
    return out_doors->detours != NULL;
}

void cst_back_doors_setup(const uintptr_t doors[CUSTODY_DOOR_COUNT])
{
    door_addresses = doors;
}

bool cst_back_doors_close(void)
{
    struct cst_elf elf = {0};
    struct back_doors doors;
    if (!begin(NULL, &doors) || !list_libc(&doors))
        return false;
    bool closed =
        cst_module_open_file(doors.library, &elf) && cst_detour_lay(doors.library, &elf, doors.detours, doors.count);
    cst_elf_close(&elf);
    return closed;
}

bool cst_back_doors_close_cxx(const struct cst_module *runtime)
{
    struct cst_elf elf = {0};
    struct back_doors doors;
    if (runtime->link_namespace != 0 || !begin(runtime, &doors))
        return false;
    bool closed = cst_module_open_file(runtime, &elf) && list_cxx(&doors, &elf) &&
                  cst_detour_lay(runtime, &elf, doors.detours, doors.count);
    cst_elf_close(&elf);
    return closed;
}

uintptr_t cst_back_doors_original(uintptr_t function)
{
    const struct cst_detour *detour = cst_detour_at(function);
    return detour ? detour->original : function;
}
