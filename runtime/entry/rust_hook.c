/* Rust hooks: see rust_hook.h. */
#include "entry/rust_hook.h"

#include "entry/hook.h"

#include <stdatomic.h>

#define SLOT_SIZE 16

/* CST_RUST_SLOTS slots of SLOT_SIZE bytes for each entry: rust_slots_x86_64.S. */
extern const unsigned char cst_rust_slots_alloc[], cst_rust_slots_alloc_zeroed[], cst_rust_slots_realloc[],
    cst_rust_slots_dealloc[];

static _Atomic uint16_t side_of_slot[CST_RUST_SLOTS];

uintptr_t cst_rust_hook_route(uint32_t module, enum cst_rust_entry entry)
{
    static const unsigned char *const slots[CST_RUST_ENTRY_COUNT] = {
        [CST_RUST_ENTRY_ALLOC] = cst_rust_slots_alloc,
        [CST_RUST_ENTRY_ALLOC_ZEROED] = cst_rust_slots_alloc_zeroed,
        [CST_RUST_ENTRY_REALLOC] = cst_rust_slots_realloc,
        [CST_RUST_ENTRY_DEALLOC] = cst_rust_slots_dealloc,
    };
    return module < CST_RUST_SLOTS ? (uintptr_t)slots[entry] + (uintptr_t)module * SLOT_SIZE : 0;
}

static uint16_t find_side(uint32_t id)
{
    const struct cst_module *module = cst_module_get(id);
    uint16_t side = module ? cst_side_of_module(module, CUSTODY_CONTRACT_RUST) : CST_SIDE_UNKNOWN;
    atomic_store_explicit(&side_of_slot[id], side, memory_order_relaxed);
    return side;
}

CST_INLINE uint16_t side_of(uint32_t module)
{
    uint16_t side = atomic_load_explicit(&side_of_slot[module], memory_order_relaxed);
    return CST_LIKELY(side) ? side : find_side(module);
}

CST_INLINE struct cst_given layout(size_t size, size_t align)
{
    return (struct cst_given){.has_size = true, .has_align = true, .size = size, .align = align};
}

void *cst_rust_hook_alloc(size_t size, size_t align, uint32_t module)
{
    return cst_hook_alloc(CUSTODY_DOOR_RUST_ALLOC, side_of(module), size, align, false);
}

void *cst_rust_hook_alloc_zeroed(size_t size, size_t align, uint32_t module)
{
    return cst_hook_alloc(CUSTODY_DOOR_RUST_ALLOC_ZEROED, side_of(module), size, align, true);
}

void *cst_rust_hook_realloc(void *block, size_t old_size, size_t align, size_t new_size, uint32_t module)
{
    return cst_hook_resize(CUSTODY_DOOR_RUST_REALLOC, side_of(module), block, new_size, align, layout(old_size, align));
}

void cst_rust_hook_dealloc(void *block, size_t size, size_t align, uint32_t module)
{
    cst_hook_release(CUSTODY_DOOR_RUST_DEALLOC, side_of(module), block, layout(size, align));
}
