/* Back doors: see back_doors.h. */
#include "entry/back_doors.h"

#include "base/pool.h"
#include "custody/words.h"
#include "entry/start.h"
#include "site/detour.h"
#include "site/module.h"
#include "site/module_file.h"

#include <dlfcn.h>

/* The integer argument that a detour adds: one that no function of malloc's family has. */
#define SPARE_ARGUMENT 5

struct back_doors {
    const struct cst_module *libc;
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

static const bool is_of_allocator[CUSTODY_DOOR_COUNT] = {
#define CUSTODY_DOOR(ID, symbol, contract, verb) IS_##verb,
#include "custody/doors.def"
};

static bool has_back_door(enum custody_door door)
{
    return is_of_allocator[door] && custody_door_contract(door) == CUSTODY_CONTRACT_MALLOC;
}

/* Some functions have several names. */
static bool is_listed(const struct back_doors *doors, uintptr_t function)
{
    for (size_t i = 0; i < doors->count; i++)
        if (doors->detours[i].function == function)
            return true;
    return false;
}

/* False when the function of this name behind ours is not libc's. One that nobody has (free_sized) is none of anybody's. */
static bool list(enum custody_door door, struct back_doors *doors)
{
    uintptr_t function = (uintptr_t)dlsym(RTLD_NEXT, custody_door_symbol(door));
    const struct cst_module *module = function ? cst_module_find(function) : NULL;
    if (!function || is_listed(doors, function))
        return true;
    if (!module || module->role != CST_ROLE_LIBC || (doors->libc && doors->libc != module))
        return false;
    doors->libc = module;
    doors->detours[doors->count++] =
        (struct cst_detour){.function = function, .hook = cst_doors[door], .argument = SPARE_ARGUMENT};
    return true;
}

static bool list_all(struct back_doors *doors)
{
    for (enum custody_door door = 0; door < CUSTODY_DOOR_COUNT; door++)
        if (has_back_door(door) && !list(door, doors))
            return false;
    return doors->count > 0;
}

bool cst_back_doors_close(void)
{
    struct cst_elf elf = {0};
    struct back_doors doors = {.detours = cst_pool_alloc(CUSTODY_DOOR_COUNT * sizeof *doors.detours)};
    if (!cst_doors[CUSTODY_DOOR_FREE] || !doors.detours || !list_all(&doors))
        return false;
    bool closed = cst_module_open_file(doors.libc, &elf) &&
                  cst_detour_lay(doors.libc, &elf, doors.detours, doors.count);
    cst_elf_close(&elf);
    return closed;
}
