/* Rust hooks: see rust_hook.h. */
#include "entry/rust_hook.h"

#include "entry/hook.h"

#include <stdatomic.h>

#define SLOT_SIZE 16

/* CST_RUST_SLOTS slots of SLOT_SIZE bytes for each entry: rust_slots_x86_64.S. */
extern const unsigned char cst_rust_slots_alloc[], cst_rust_slots_alloc_zeroed[], cst_rust_slots_realloc[],
    cst_rust_slots_dealloc[];

#define NO_SLOT ((uint32_t)CST_RUST_SLOTS)

/* Whose a slot is: id and one, 0 for nobody's; and the side, once asked for. */
static _Atomic uint32_t module_of_slot[CST_RUST_SLOTS];
static _Atomic uint16_t side_of_slot[CST_RUST_SLOTS];

static bool is_free(uint32_t slot)
{
    uint32_t owner = atomic_load_explicit(&module_of_slot[slot], memory_order_relaxed);
    const struct cst_module *module = owner ? cst_module_get(owner - 1) : NULL;
    return !module || module->unloaded;
}

/* The slot that a module has, or one that is free: its own number's, if it can be. */
static uint32_t slot_for(uint32_t module)
{
    uint32_t vacant = NO_SLOT;
    for (uint32_t i = 0; i < CST_RUST_SLOTS; i++) {
        uint32_t slot = (module + i) % CST_RUST_SLOTS;
        if (atomic_load_explicit(&module_of_slot[slot], memory_order_relaxed) == module + 1)
            return slot;
        if (vacant == NO_SLOT && is_free(slot))
            vacant = slot;
    }
    return vacant;
}

uintptr_t cst_rust_hook_route(uint32_t module, enum cst_rust_entry entry)
{
    static const unsigned char *const slots[CST_RUST_ENTRY_COUNT] = {
        [CST_RUST_ENTRY_ALLOC] = cst_rust_slots_alloc,
        [CST_RUST_ENTRY_ALLOC_ZEROED] = cst_rust_slots_alloc_zeroed,
        [CST_RUST_ENTRY_REALLOC] = cst_rust_slots_realloc,
        [CST_RUST_ENTRY_DEALLOC] = cst_rust_slots_dealloc,
    };
    uint32_t slot = slot_for(module);
    if (slot == NO_SLOT)
        return 0;
    if (atomic_exchange(&module_of_slot[slot], module + 1) != module + 1)
        atomic_store(&side_of_slot[slot], CST_SIDE_UNKNOWN);
    return (uintptr_t)slots[entry] + (uintptr_t)slot * SLOT_SIZE;
}

static uint16_t find_side(uint32_t slot)
{
    const struct cst_module *module = cst_module_get(atomic_load(&module_of_slot[slot]) - 1);
    uint16_t side = module ? cst_side_of_module(module, CUSTODY_CONTRACT_RUST) : CST_SIDE_UNKNOWN;
    atomic_store_explicit(&side_of_slot[slot], side, memory_order_relaxed);
    return side;
}

CST_INLINE uint16_t side_of(uint32_t slot)
{
    uint16_t side = atomic_load_explicit(&side_of_slot[slot], memory_order_relaxed);
    return CST_LIKELY(side) ? side : find_side(slot);
}

CST_INLINE struct cst_given layout(size_t size, size_t align)
{
    return (struct cst_given){.has_size = true, .has_align = true, .size = size, .align = align};
}

void *cst_rust_hook_alloc(size_t size, size_t align, uint32_t slot)
{
    return cst_hook_alloc(CUSTODY_DOOR_RUST_ALLOC, side_of(slot), size, align, false);
}

void *cst_rust_hook_alloc_zeroed(size_t size, size_t align, uint32_t slot)
{
    return cst_hook_alloc(CUSTODY_DOOR_RUST_ALLOC_ZEROED, side_of(slot), size, align, true);
}

void *cst_rust_hook_realloc(void *block, size_t old_size, size_t align, size_t new_size, uint32_t slot)
{
    return cst_hook_resize(CUSTODY_DOOR_RUST_REALLOC, side_of(slot), block, new_size, align, layout(old_size, align));
}

void cst_rust_hook_dealloc(void *block, size_t size, size_t align, uint32_t slot)
{
    cst_hook_release(CUSTODY_DOOR_RUST_DEALLOC, side_of(slot), block, layout(size, align));
}
