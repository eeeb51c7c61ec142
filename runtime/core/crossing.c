/* Crossings: see crossing.h. Open addressing by a key packed from both sides and the contract. */
#include "core/crossing.h"

#include <stdatomic.h>
#include <string.h>

#define SLOTS (2 * CST_CROSSING_MAX)
#define IN_USE ((uint64_t)1 << 63)

static struct {
    _Atomic uint64_t key;
    atomic_bool reported;
} entries[SLOTS];
_Atomic uint64_t cst_crossing_counts[SLOTS];
static _Atomic unsigned used;

static uint64_t pack(uint16_t from, uint16_t to, enum custody_contract contract)
{
    return IN_USE | (uint64_t)contract << 32 | (uint64_t)from << 16 | to;
}

uint32_t cst_crossing_count(uint16_t from, uint16_t to, enum custody_contract contract, bool allowed)
{
    uint64_t key = pack(from, to, contract);
    for (size_t slot = (key * 0x9e3779b97f4a7c15U >> 40) % SLOTS;; slot = (slot + 1) % SLOTS) {
        uint64_t found = atomic_load_explicit(&entries[slot].key, memory_order_relaxed);
        if (found == 0) {
            if (atomic_load(&used) >= CST_CROSSING_MAX)
                return CST_CROSSING_NONE;
            if (!atomic_compare_exchange_strong(&entries[slot].key, &found, key) && found != key)
                continue;
            atomic_fetch_add(&used, found == 0);
        } else if (found != key) {
            continue;
        }
        cst_crossing_again((uint32_t)slot);
        if (!allowed)
            atomic_store_explicit(&entries[slot].reported, true, memory_order_relaxed);
        return (uint32_t)slot;
    }
}

unsigned cst_crossing_list(struct cst_crossing out_crossings[CST_CROSSING_MAX])
{
    unsigned count = 0;
    for (size_t slot = 0; slot < SLOTS && count < CST_CROSSING_MAX; slot++) {
        uint64_t key = atomic_load(&entries[slot].key);
        if (key == 0)
            continue;
        out_crossings[count++] = (struct cst_crossing){
            .from = (uint16_t)(key >> 16),
            .to = (uint16_t)key,
            .contract = (enum custody_contract)((key >> 32) & 0xff),
            .count = atomic_load(&cst_crossing_counts[slot]),
            .allowed = !atomic_load(&entries[slot].reported),
        };
    }
    return count;
}

void cst_crossing_after_fork(void)
{
    if (!used)
        return;
    memset(entries, 0, sizeof entries);
    memset(cst_crossing_counts, 0, sizeof cst_crossing_counts);
    used = 0;
}
