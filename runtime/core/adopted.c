/* Adopted blocks: see adopted.h. Each shard is an open hash table with linear probing. A row becomes valid by its address,
 * which is written last, and a larger table is filled before it takes the place of the old one: whenever another thread
 * forks, the child finds a whole table. */
#include "core/adopted.h"

#include "base/lock.h"
#include "plat/own.h"

#include <stdatomic.h>

#define SHARDS_LOG2 6
#define SHARDS ((size_t)1 << SHARDS_LOG2)

/* Rows of a shard's first table. */
#define ROWS_MIN ((size_t)256)

/* Released blocks that a shard remembers. */
#define RELEASED_MAX ((uint32_t)64)

#define EMPTY ((uintptr_t)0)
#define GONE ((uintptr_t)1) /* was used: a search goes on behind it */

struct row {
    _Atomic uintptr_t address;
    struct cst_tag tag;
    const struct cst_adopter *adopter;
};

struct table {
    size_t size; /* rows, a power of two */
    struct row rows[];
};

struct shard {
    struct cst_lock lock;
    uint32_t released;              /* released blocks ever: the next place in `oldest` */
    _Atomic(struct table *) table;  /* NULL before the first block */
    size_t used;                    /* rows that are not EMPTY */
    size_t live;                    /* rows of live blocks */
    uintptr_t oldest[RELEASED_MAX]; /* addresses of released blocks, in a ring */
} __attribute__((aligned(64)));

static struct shard shards[SHARDS];

static uint64_t hash_of(uintptr_t address)
{
    return (uint64_t)(address >> 4) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct shard *shard_of(uintptr_t address)
{
    return &shards[hash_of(address) >> (64 - SHARDS_LOG2)];
}

static uintptr_t address_of(const struct row *row)
{
    return atomic_load_explicit(&row->address, memory_order_relaxed);
}

static struct table *table_of(struct shard *shard)
{
    return atomic_load_explicit(&shard->table, memory_order_relaxed);
}

static size_t bytes_of(size_t rows)
{
    return sizeof(struct table) + rows * sizeof(struct row);
}

/* The row of `address`, or the one where it may be put; there is always one that is EMPTY. */
static struct row *probe(struct table *table, uintptr_t address)
{
    struct row *gone = NULL;
    for (size_t i = (size_t)(hash_of(address) >> 16);; i++) {
        struct row *row = &table->rows[i & (table->size - 1)];
        uintptr_t found = address_of(row);
        if (found == address) {
            return row;
        }
        if (found == EMPTY) {
            return gone ? gone : row;
        }
        if (found == GONE && !gone) {
            gone = row;
        }
    }
}

static struct row *find(struct shard *shard, uintptr_t address)
{
    struct table *table = table_of(shard);
    struct row *row = table ? probe(table, address) : NULL;
    return row && address_of(row) == address ? row : NULL;
}

static bool is_live(const struct row *row)
{
    return address_of(row) > GONE && cst_tag_state(&row->tag) == CST_STATE_LIVE;
}

static void fill(struct row *row, uintptr_t address, struct cst_tag tag, const struct cst_adopter *adopter)
{
    row->tag = tag;
    row->adopter = adopter;
    atomic_store_explicit(&row->address, address, memory_order_release);
}

/* Rows that a new table needs: live and released blocks fill no more than half of it, and another block fits. */
static size_t size_for(const struct shard *shard)
{
    size_t size = ROWS_MIN;
    while (size / 2 < shard->live + RELEASED_MAX + 1) {
        size *= 2;
    }
    return size;
}

/* Copies all rows but those that are gone; returns how many. */
static size_t copy_rows(const struct table *from, struct table *to)
{
    size_t count = 0;
    for (size_t i = 0; i < from->size; i++) {
        const struct row *row = &from->rows[i];
        if (address_of(row) > GONE) {
            fill(probe(to, address_of(row)), address_of(row), row->tag, row->adopter);
            count++;
        }
    }
    return count;
}

/* Moves all rows into a table of the right size. */
static bool rebuild(struct shard *shard)
{
    size_t size = size_for(shard);
    struct table *old = table_of(shard), *table = cst_own_map(bytes_of(size));
    if (!table) {
        return false;
    }
    table->size = size;
    shard->used = old ? copy_rows(old, table) : 0;
    atomic_store(&shard->table, table);
    if (old) {
        cst_own_unmap(old, bytes_of(old->size));
    }
    return true;
}

/* Room for one more row: a quarter of the table stays EMPTY. */
static bool make_room(struct shard *shard)
{
    const struct table *table = table_of(shard);
    return (table && shard->used < table->size / 4 * 3) || rebuild(shard);
}

static bool add(struct shard *shard, uintptr_t address, struct cst_tag tag, const struct cst_adopter *adopter)
{
    if (!make_room(shard)) {
        return false;
    }
    struct row *row = probe(table_of(shard), address);
    shard->used += address_of(row) == EMPTY;
    shard->live += !is_live(row);
    atomic_store_explicit(&row->address, GONE, memory_order_release);
    fill(row, address, tag, adopter);
    return true;
}

bool cst_adopted_add(void *block, uint64_t facts, uint64_t sites, const struct cst_adopter *adopter)
{
    uintptr_t address = (uintptr_t)block;
    struct shard *shard = shard_of(address);
    cst_lock_acquire(&shard->lock);
    bool added = add(shard, address, (struct cst_tag){facts, sites}, adopter);
    cst_lock_release(&shard->lock);
    return added;
}

static struct cst_adopted copy_of(const struct row *row)
{
    return (struct cst_adopted){address_of(row), row->tag, row->adopter};
}

bool cst_adopted_find(uintptr_t address, struct cst_adopted *out_adopted)
{
    struct shard *shard = shard_of(address);
    cst_lock_acquire(&shard->lock);
    const struct row *row = address > GONE ? find(shard, address) : NULL;
    if (row) {
        *out_adopted = copy_of(row);
    }
    cst_lock_release(&shard->lock);
    return row != NULL;
}

/* Remembers a released block in place of the one released longest ago; that one may be live again. */
static void note_released(struct shard *shard, uintptr_t address)
{
    uintptr_t *place = &shard->oldest[shard->released++ % RELEASED_MAX];
    struct row *row = *place > GONE && *place != address ? find(shard, *place) : NULL;
    if (row && !is_live(row)) {
        atomic_store_explicit(&row->address, GONE, memory_order_release);
    }
    *place = address;
}

static bool take(struct shard *shard, uintptr_t address, uint32_t release_stack, struct cst_adopted *out_adopted)
{
    struct row *row = address > GONE ? find(shard, address) : NULL;
    if (!row || !is_live(row)) {
        return false;
    }
    *out_adopted = copy_of(row);
    cst_tag_release(&row->tag, release_stack);
    shard->live--;
    note_released(shard, address);
    return true;
}

bool cst_adopted_take(uintptr_t address, uint32_t release_stack, struct cst_adopted *out_adopted)
{
    struct shard *shard = shard_of(address);
    cst_lock_acquire(&shard->lock);
    bool taken = take(shard, address, release_stack, out_adopted);
    cst_lock_release(&shard->lock);
    return taken;
}

bool cst_adopted_hand_on(uintptr_t address, uint16_t owner, struct cst_adopted *out_before)
{
    struct shard *shard = shard_of(address);
    cst_lock_acquire(&shard->lock);
    struct row *row = address > GONE ? find(shard, address) : NULL;
    bool live = row && is_live(row);
    if (live) {
        *out_before = copy_of(row);
        row->tag.facts = cst_facts_with_owner(row->tag.facts, owner);
    }
    cst_lock_release(&shard->lock);
    return live;
}

static size_t forget(struct shard *shard, uint32_t module)
{
    struct table *table = table_of(shard);
    size_t live = 0;
    for (size_t i = 0; table && i < table->size; i++) {
        struct row *row = &table->rows[i];
        if (address_of(row) > GONE && row->adopter->module == module) {
            live += is_live(row);
            atomic_store_explicit(&row->address, GONE, memory_order_release);
        }
    }
    shard->live -= live;
    return live;
}

size_t cst_adopted_forget(uint32_t module)
{
    size_t live = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        cst_lock_acquire(&shards[i].lock);
        live += forget(&shards[i], module);
        cst_lock_release(&shards[i].lock);
    }
    return live;
}

size_t cst_adopted_count(void)
{
    size_t live = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        cst_lock_acquire(&shards[i].lock);
        live += shards[i].live;
        cst_lock_release(&shards[i].lock);
    }
    return live;
}

void cst_adopted_after_fork(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        cst_lock_reset(&shards[i].lock);
    }
}
