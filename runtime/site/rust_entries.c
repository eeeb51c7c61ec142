/* The table of hooked Rust entries: see rust_entries.h. A row is claimed by its address, filled, and then published by
 * its address; a reader that saw the same address before and after it read the rest read a whole row. */
#include "site/rust_entries.h"

#include <stdatomic.h>

#define ROW_COUNT 4096
#define FREE_ROW ((uintptr_t)0)
#define CLAIMED_ROW ((uintptr_t)1)
#define ENTRY_BITS 2

struct row {
    _Atomic uintptr_t address;
    _Atomic uint64_t meaning; /* module << ENTRY_BITS | entry */
};

static struct row rows[ROW_COUNT];
static _Atomic uint32_t row_limit; /* rows at and above it were never used */

static void raise_limit(uint32_t limit)
{
    uint32_t seen = atomic_load_explicit(&row_limit, memory_order_relaxed);
    while (seen < limit && !atomic_compare_exchange_weak(&row_limit, &seen, limit)) {
    }
}

bool cst_rust_entries_add(uintptr_t address, enum cst_rust_entry entry, uint32_t module)
{
    for (uint32_t i = 0; i < ROW_COUNT; i++) {
        uintptr_t unused = FREE_ROW;
        if (atomic_compare_exchange_strong(&rows[i].address, &unused, CLAIMED_ROW)) {
            atomic_store(&rows[i].meaning, (uint64_t)module << ENTRY_BITS | (uint64_t)entry);
            atomic_store(&rows[i].address, address);
            raise_limit(i + 1);
            return true;
        }
    }
    return false;
}

void cst_rust_forget(uint32_t module)
{
    uint32_t limit = atomic_load(&row_limit);
    for (uint32_t i = 0; i < limit; i++) {
        uintptr_t address = atomic_load(&rows[i].address);
        if (address > CLAIMED_ROW && atomic_load(&rows[i].meaning) >> ENTRY_BITS == module) {
            atomic_store(&rows[i].address, FREE_ROW);
        }
    }
}

bool cst_rust_is_entry(uintptr_t address, enum cst_rust_entry *out_entry, uint32_t *out_module)
{
    uint32_t limit = address > CLAIMED_ROW ? atomic_load_explicit(&row_limit, memory_order_acquire) : 0;
    for (uint32_t i = 0; i < limit; i++) {
        if (atomic_load_explicit(&rows[i].address, memory_order_acquire) != address) {
            continue;
        }
        uint64_t meaning = atomic_load_explicit(&rows[i].meaning, memory_order_acquire);
        if (atomic_load_explicit(&rows[i].address, memory_order_relaxed) == address) {
            *out_entry = (enum cst_rust_entry)(meaning & ((1U << ENTRY_BITS) - 1));
            *out_module = (uint32_t)(meaning >> ENTRY_BITS);
            return true;
        }
    }
    return false;
}
