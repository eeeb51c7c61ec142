/* The store of stacks; see stack.h. A stack's id is the number of its record's first unit (stack_units.h). A hash table of
 * chains finds the record of a stack seen before; chains grow at their heads, under the lock, and are read without. */
#include "base/lock.h"
#include "site/stack.h"
#include "site/stack_frame.h"
#include "site/stack_record.h"

#include <stdatomic.h>
#include <stdbool.h>

#define CHAIN_COUNT ((size_t)1 << 16)

static _Atomic uint32_t chains[CHAIN_COUNT]; /* id of the first record; 0 for none */
static struct cst_lock depot_lock = CST_LOCK_INIT;

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

static bool same_frames(const struct cst_stack_record *record, const uintptr_t *frames, size_t count)
{
    uintptr_t difference = 0;
    for (size_t i = 0; i < count; i++) {
        difference |= frames[i] ^ cst_stack_record_frame(record, i);
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
        const struct cst_stack_record *record = cst_stack_record(id);
        uint32_t next_and_count = atomic_load_explicit(&record->next_and_count, memory_order_relaxed);
        if (record->hash == (uint32_t)hash && (next_and_count & 0xff) == count && same_frames(record, frames, count)) {
            return id;
        }
        id = next_and_count >> 8;
    }
    return 0;
}

static uint32_t add_locked(uint64_t hash, const uintptr_t *frames, size_t count)
{
    uint32_t id = find(hash, frames, count);
    const size_t filled = 1 + cst_stack_filled(count);
    if (id || (id = cst_stack_units_take(sizeof(struct cst_stack_record) + filled * sizeof *frames)) == 0) {
        return id;
    }
    struct cst_stack_record *record = cst_stack_record(id);
    uint32_t next = atomic_load_explicit(chain_of(hash), memory_order_relaxed);
    record->hash = (uint32_t)hash;
    atomic_store_explicit(&record->next_and_count, next << 8 | (uint32_t)count, memory_order_relaxed);
    for (size_t i = 0; i < filled; i++) {
        record->frames[i] = frames[i < count ? i : count - 1];
    }
    atomic_store_explicit(chain_of(hash), id, memory_order_release);
    return id;
}

static CST_NOINLINE uint32_t add(uint64_t hash, const uintptr_t *frames, size_t count)
{
    cst_lock_acquire(&depot_lock);
    uint32_t id = add_locked(hash, frames, count);
    cst_lock_release(&depot_lock);
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
    return CST_LIKELY(id) ? id : add(hash, frames, count);
}

size_t cst_stack_load(uint32_t id, uintptr_t out_frames[CST_STACK_FRAMES_MAX])
{
    const struct cst_stack_record *record = id && id >> CST_STACK_ID_BITS == 0 ? cst_stack_record(id) : NULL;
    if (!record) {
        return 0;
    }
    size_t count = cst_stack_record_count(record);
    count = count < CST_STACK_FRAMES_MAX ? count : CST_STACK_FRAMES_MAX;
    for (size_t i = 0; i < count; i++) {
        out_frames[i] = cst_stack_record_frame(record, i);
    }
    return count;
}

/* Frames, those that fill the last group included. */
static size_t filled_of(const struct cst_stack_record *record)
{
    return 1 + cst_stack_filled(cst_stack_record_count(record));
}

static void write_frame(struct cst_stack_record *record, size_t index, uintptr_t frame)
{
    __atomic_store_n(&record->frames[index], frame, __ATOMIC_RELEASE);
}

static void detach(struct cst_stack_record *record, const struct cst_module *module)
{
    for (size_t i = 0; i < filled_of(record); i++) {
        uintptr_t frame = cst_stack_record_frame(record, i);
        if (!cst_stack_frame_is_detached(frame) && cst_stack_frame_is_in(frame, module->lo, module->hi)) {
            atomic_fetch_or_explicit(&record->next_and_count, CST_STACK_DETACHED, memory_order_release);
            write_frame(record, i, cst_stack_frame_detach(frame, module));
        }
    }
}

/* A record that no frame of is detached any more is found again. */
static void attach(struct cst_stack_record *record, const struct cst_module *module)
{
    bool whole = true;
    for (size_t i = 0; i < filled_of(record); i++) {
        uintptr_t frame = cst_stack_record_frame(record, i);
        if (cst_stack_frame_is_of(frame, module)) {
            write_frame(record, i, cst_stack_frame_address(frame));
        } else if (cst_stack_frame_is_detached(frame)) {
            whole = false;
        }
    }
    if (whole) {
        atomic_fetch_and_explicit(&record->next_and_count, ~CST_STACK_DETACHED, memory_order_release);
    }
}

static void change_all(void (*change)(struct cst_stack_record *, const struct cst_module *),
                       const struct cst_module *module)
{
    cst_lock_acquire(&depot_lock);
    for (size_t chain = 0; chain < CHAIN_COUNT; chain++) {
        uint32_t id = atomic_load_explicit(&chains[chain], memory_order_relaxed);
        while (id) {
            struct cst_stack_record *record = cst_stack_record(id);
            change(record, module);
            id = atomic_load_explicit(&record->next_and_count, memory_order_relaxed) >> 8;
        }
    }
    cst_lock_release(&depot_lock);
}

void cst_stack_detach(const struct cst_module *module)
{
    change_all(detach, module);
}

void cst_stack_attach(const struct cst_module *module)
{
    change_all(attach, module);
}

void cst_stack_after_fork(void)
{
    cst_lock_reset(&depot_lock);
}
