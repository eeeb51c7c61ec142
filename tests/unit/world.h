/* A small world for tests of the engine and its neighbours: a program, libraries and a Rust client as modules that do not
 * exist, their sides, and a sink that keeps what it is told. Calls name their side, so no code is read; return addresses
 * are plain numbers that tell calls apart. One world a test program; header only. */
#ifndef TESTS_UNIT_WORLD_H
#define TESTS_UNIT_WORLD_H

#include "core/crossing.h"
#include "core/engine.h"
#include "core/findings.h"
#include "core/settled.h"
#include "core/stacks.h"
#include "site/callsite.h"

#include <string.h>

#define TOLD_MAX 256

/** Return addresses of a first, a second and a third call. */
enum { AT_MAKE = 0x1001, AT_RELEASE = 0x1002, AT_AGAIN = 0x1003 };

/** A finding as the sink saw it: with the innermost frame of each stack, since stacks do not outlive the call. */
struct told {
    struct cst_finding finding;
    uintptr_t alloc, release, first_release;
    char place_name[64];
};

static struct told told[TOLD_MAX];
static unsigned told_count;

static const struct cst_module program = {
    .id = 4000, .name = "program", .role = CST_ROLE_PROGRAM, .lang = CUSTODY_LANG_C, .rust = CST_RUST_EXACT};
static const struct cst_module library = {
    .id = 4001, .name = "library", .role = CST_ROLE_LIBRARY, .lang = CUSTODY_LANG_C};

/* Sides: the program in C and in Rust, and the library. */
static uint16_t program_side, rust_side, library_side;

static inline uintptr_t innermost(const struct cst_frames *frames)
{
    return frames->count ? frames->addresses[0] : 0;
}

static inline uint64_t keep(const struct cst_finding *finding)
{
    if (told_count < TOLD_MAX) {
        struct told *one = &told[told_count];
        *one = (struct told){.finding = *finding,
                             .alloc = innermost(&finding->alloc),
                             .release = innermost(&finding->release),
                             .first_release = innermost(&finding->first_release)};
        if (finding->place_name) {
            strncpy(one->place_name, finding->place_name, sizeof one->place_name - 1);
        }
    }
    return ++told_count;
}

/** Starts heap, sides and sink. Once; false when there is no heap. */
static inline bool world_start(void)
{
    static uintptr_t doors[CUSTODY_DOOR_COUNT];
    if (!cst_heap_start(true) || !cst_heap_enter_thread(&(bool){false})) {
        return false;
    }
    cst_callsite_setup(doors, &cst_origin_resolver);
    cst_findings_start(keep);
    cst_engine_settings.stacks = 1;
    cst_thread = (struct cst_thread){.mode = CST_THREAD_READY,
                                     .stacks = 1,
                                     .counts = cst_count_acquire(false),
                                     .cache = cst_cache_acquire(false),
                                     .bounds = cst_stack_bounds_get()};
    cst_thread.place = (uint16_t)cst_stacks_add(&cst_thread.bounds);
    program_side = cst_side_of_module(&program, CUSTODY_CONTRACT_MALLOC);
    rust_side = cst_side_of_module(&program, CUSTODY_CONTRACT_RUST);
    library_side = cst_side_of_module(&library, CUSTODY_CONTRACT_MALLOC);
    return true;
}

/** A group's set-up that starts the world and nothing else. */
static inline int world_begin(void **state)
{
    (void)state;
    return world_start() ? 0 : -1;
}

/** Forgets what was told and counted as crossings. */
static inline void world_forget(void)
{
    told_count = 0;
    memset(told, 0, sizeof told);
    cst_findings_after_fork();
    cst_crossing_after_fork();
    cst_settled_forget();
}

/** Makes the call site of `return_address` and `door` one that was read before, with this outcome. Its one-frame stack is
 * `site`; `module` is CST_MODULE_NONE or the id of a registered one. */
static inline void world_know(uintptr_t return_address, enum custody_door door, enum cst_callsite_how how,
                              uint32_t module, uint16_t side, uint32_t site)
{
    uint64_t key = cst_callsite_key(return_address, door);
    struct cst_callsite_row *row = &cst_callsite_table[cst_callsite_home(key)];
    enum custody_contract contract = how == CST_HOW_RUST ? CUSTODY_CONTRACT_RUST : custody_door_contract(door);
    const struct cst_callsite known = {
        .module = module, .owner = cst_owner_make(contract, side), .how = (uint8_t)how, .site = site};
    atomic_store(&row->value, cst_callsite_pack(&known, 0));
    atomic_store(&row->key, key);
}

#define NAMING_NOTHING ((struct cst_given){.has_size = false, .has_align = false, .size = 0, .align = 0})

/** A layout as Rust and sized releases name it. */
static inline struct cst_given naming(size_t size, size_t align)
{
    return (struct cst_given){.has_size = true, .has_align = true, .size = size, .align = align};
}

static inline void *make(enum custody_door door, uint16_t side, size_t size, size_t align)
{
    return cst_engine_alloc(door, side, AT_MAKE, 0, size, align, false);
}

static inline void release(enum custody_door door, uint16_t side, void *block)
{
    cst_engine_release(door, side, AT_RELEASE, 0, block, NAMING_NOTHING);
}

static inline void *resize(enum custody_door door, uint16_t side, void *block, size_t size, size_t align,
                           struct cst_given given)
{
    const struct cst_call call = {.door = door, .side = side, .return_address = AT_AGAIN};
    return cst_engine_resize(&call, block, size, align, &given);
}

#endif
