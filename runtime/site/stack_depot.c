/* The store of stacks; see stack.h. Records lie in chunks of units, and a stack's id is the number of its record's first
 * unit: from id to record is two subscripts. A hash table of chains finds the record of a stack seen before; chains grow
 * at their heads, under the lock, and are read without. Records never move and never go. */
#include "base/lock.h"
#include "plat/sys.h"
#include "site/callsite_read.h"
#include "site/stack.h"
#include "site/stack_step.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define UNIT_SIZE ((size_t)32)
#define CHUNK_UNITS ((uint32_t)4096)
#define CHUNK_COUNT (((uint32_t)1 << CST_STACK_ID_BITS) / CHUNK_UNITS)
#define CHAIN_COUNT ((size_t)1 << 18)
#define CUT_COUNT ((size_t)1 << 14)
#define GUESS_BITS 14

/* A stored stack. Takes whole units, all in one chunk. */
struct record {
    uint32_t hash;
    uint32_t next_and_count; /* id of the next record of the chain, shifted by 8; number of frames */
    uintptr_t frames[];
};

static _Atomic(unsigned char *) chunks[CHUNK_COUNT];
static _Atomic uint32_t chains[CHAIN_COUNT]; /* id of the first record; 0 for none */

/* Stacks that were cut when stored, by hash alone: upper 40 bits the hash's, lower 24 the id of what was left. Garbage in
 * frame pointers makes ever new ones, so they get a fixed place, where a later one takes an earlier one's. */
static _Atomic uint64_t cuts[CUT_COUNT];

/* The stack that was last found from a frame and return address, by their hash: most calls come from where the last one
 * came from. A guess is believed only after the frames have been compared with it, which costs a third of walking, hashing
 * and looking up. */
static _Atomic uint32_t guesses[(size_t)1 << GUESS_BITS];

static struct cst_lock depot_lock = CST_LOCK_INIT;
static uint32_t units_used = 1; /* under the lock; 0 is no id */

static uint64_t hash_frames(const uintptr_t *frames, size_t count)
{
    uint64_t sum = count, factor = UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < count; i++) {
        sum += frames[i] * factor;
        factor += UINT64_C(0xbf58476d1ce4e5b8) * 2;
    }
    sum ^= sum >> 32;
    sum *= UINT64_C(0x94d049bb133111eb);
    return sum ^ sum >> 29;
}

static struct record *record_at(uint32_t id)
{
    unsigned char *chunk = atomic_load_explicit(&chunks[id / CHUNK_UNITS], memory_order_acquire);
    return chunk ? (struct record *)(void *)(chunk + id % CHUNK_UNITS * UNIT_SIZE) : NULL;
}

static size_t frame_count(const struct record *record)
{
    return record->next_and_count & 0xff;
}

static bool same_frames(const uintptr_t *ours, const uintptr_t *theirs, size_t count)
{
    uintptr_t difference = 0;
    for (size_t i = 0; i < count; i++) {
        difference |= ours[i] ^ theirs[i];
    }
    return difference == 0;
}

static _Atomic uint32_t *chain_of(uint64_t hash)
{
    return &chains[(hash >> 32) % CHAIN_COUNT];
}

/* The id of a stored stack; 0 when it is not stored. */
static uint32_t find(uint64_t hash, const uintptr_t *frames, size_t count)
{
    uint32_t id = atomic_load_explicit(chain_of(hash), memory_order_acquire);
    while (id) {
        const struct record *record = record_at(id);
        if (record->hash == (uint32_t)hash && frame_count(record) == count &&
            same_frames(frames, record->frames, count)) {
            return id;
        }
        id = record->next_and_count >> 8;
    }
    return 0;
}

static bool make_chunk(uint32_t index)
{
    if (!atomic_load_explicit(&chunks[index], memory_order_relaxed)) {
        atomic_store_explicit(&chunks[index], cst_sys_map(CHUNK_UNITS * UNIT_SIZE), memory_order_release);
    }
    return atomic_load_explicit(&chunks[index], memory_order_relaxed) != NULL;
}

/* Units for a record of `count` frames, in one chunk. 0 when ids or memory are used up. Under the lock. */
static uint32_t take_units(size_t count)
{
    uint32_t need = (uint32_t)((sizeof(struct record) + count * sizeof(uintptr_t) + UNIT_SIZE - 1) / UNIT_SIZE);
    uint32_t id = units_used;
    if (id % CHUNK_UNITS + need > CHUNK_UNITS) {
        id = (id / CHUNK_UNITS + 1) * CHUNK_UNITS;
    }
    if (id / CHUNK_UNITS >= CHUNK_COUNT || !make_chunk(id / CHUNK_UNITS)) {
        return 0;
    }
    units_used = id + need;
    return id;
}

static uint32_t add_locked(uint64_t hash, const uintptr_t *frames, size_t count)
{
    uint32_t id = find(hash, frames, count);
    if (id || (id = take_units(count)) == 0) {
        return id;
    }
    struct record *record = record_at(id);
    uint32_t next = atomic_load_explicit(chain_of(hash), memory_order_relaxed);
    record->hash = (uint32_t)hash;
    record->next_and_count = next << 8 | (uint32_t)count;
    memcpy(record->frames, frames, count * sizeof *frames);
    atomic_store_explicit(chain_of(hash), id, memory_order_release);
    return id;
}

static uint32_t add(uint64_t hash, const uintptr_t *frames, size_t count)
{
    cst_lock_acquire(&depot_lock);
    uint32_t id = add_locked(hash, frames, count);
    cst_lock_release(&depot_lock);
    return id;
}

static uint32_t find_cut(uint64_t hash)
{
    uint64_t cut = atomic_load_explicit(&cuts[hash % CUT_COUNT], memory_order_relaxed);
    return cut >> CST_STACK_ID_BITS == hash >> CST_STACK_ID_BITS ? (uint32_t)cut & ((1u << CST_STACK_ID_BITS) - 1) : 0;
}

static void remember_cut(uint64_t hash, uint32_t id)
{
    uint64_t cut = hash >> CST_STACK_ID_BITS << CST_STACK_ID_BITS | id;
    atomic_store_explicit(&cuts[hash % CUT_COUNT], cut, memory_order_relaxed);
}

/* How many of the frames can be believed: from the second on, each must follow a call. */
static size_t believable(const uintptr_t *frames, size_t count)
{
    size_t good = 1;
    while (good < count && cst_callsite_plausible(frames[good])) {
        good++;
    }
    return good;
}

/* Not under the lock: looking at code may register modules. */
static CST_NOINLINE uint32_t store_new(uint64_t hash, const uintptr_t *frames, size_t count)
{
    size_t good = believable(frames, count);
    if (good == count) {
        return add(hash, frames, count);
    }
    uint32_t id = add(hash_frames(frames, good), frames, good);
    if (id) {
        remember_cut(hash, id);
    }
    return id;
}

uint32_t cst_stack_store(const uintptr_t *frames, size_t count)
{
    if (count == 0) {
        return 0;
    }
    count = count < CST_STACK_FRAMES_MAX ? count : CST_STACK_FRAMES_MAX;
    uint64_t hash = hash_frames(frames, count);
    uint32_t id = find(hash, frames, count);
    if (CST_LIKELY(id)) {
        return id;
    }
    id = find_cut(hash);
    return id ? id : store_new(hash, frames, count);
}

static _Atomic uint32_t *guess_of(uintptr_t first, uintptr_t frame)
{
    uint64_t hash = ((uint64_t)first + ((uint64_t)frame << 20)) * UINT64_C(0x9e3779b97f4a7c15);
    return &guesses[hash >> (64 - GUESS_BITS)];
}

/* True when a walk of at most `max` frames would find this record's. Frames are followed as they come, so long as they lie
 * between the first and the end of the stack: what is wrong about one shows in what it returns to. */
static bool walk_finds(const struct record *record, uintptr_t first, uintptr_t frame,
                       const struct cst_stack_bounds *bounds, size_t max)
{
    const uintptr_t lowest = frame, last = cst_stack_last(bounds), span = last - lowest;
    size_t count = frame_count(record);
    if (count > max || record->frames[0] != first) {
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        frame = cst_stack_word(frame);
        if (frame - lowest > span || cst_stack_return(frame) != record->frames[i]) {
            return false;
        }
    }
    return count == max || cst_stack_step(frame, last) == 0;
}

static CST_NOINLINE uint32_t walk_and_store(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds,
                                            size_t max)
{
    uintptr_t frames[CST_STACK_FRAMES_MAX];
    uint32_t id = cst_stack_store(frames, cst_stack_walk(first, frame, bounds, max, frames));
    atomic_store_explicit(guess_of(first, frame), id, memory_order_release);
    return id;
}

uint32_t cst_stack_get(uintptr_t first, uintptr_t frame, const struct cst_stack_bounds *bounds, size_t max)
{
    uint32_t id = atomic_load_explicit(guess_of(first, frame), memory_order_acquire);
    if (CST_LIKELY(id && cst_stack_starts(bounds, frame) && walk_finds(record_at(id), first, frame, bounds, max))) {
        return id;
    }
    return walk_and_store(first, frame, bounds, max);
}

size_t cst_stack_load(uint32_t id, uintptr_t out_frames[CST_STACK_FRAMES_MAX])
{
    const struct record *record = id && id < (uint32_t)1 << CST_STACK_ID_BITS ? record_at(id) : NULL;
    if (!record) {
        return 0;
    }
    size_t count = frame_count(record);
    count = count < CST_STACK_FRAMES_MAX ? count : CST_STACK_FRAMES_MAX;
    memcpy(out_frames, record->frames, count * sizeof *out_frames);
    return count;
}

void cst_stack_after_fork(void)
{
    cst_lock_reset(&depot_lock);
}
