/* The heap: reservation, parts of the range, jemalloc's arenas in them. See heap.h for the shape of the range. */
#include "core/heap.h"

#include "base/lock.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* Each arena takes a first extent of 2 MiB for itself and one for blocks. */
#define SMALLEST_RANGE ((size_t)1 << 25)
#define RANGE_STEP ((size_t)1 << 21)
/* Range and shadow together take about three times the range. */
#define RANGE_SHARE 3
/* Memory is committed in steps of this many bytes of heap, and in smaller ones where little is allowed or that is refused. */
#define COMMIT_STEP ((size_t)1 << 24)
#define COMMIT_STEP_MIN ((size_t)1 << 18)
#define COMMIT_STEPS_OF_LIMIT 128
/* What start takes of it, and some for the program; and what must be left of the address space beside the range. */
#define TRIAL_SIZE ((size_t)48 << 20)
#define REST_SIZE ((size_t)24 << 20)

/* One contiguous part of the range: extents are cut from its front and, jemalloc retaining them, never come back. The
 * hooks come first, so that the pointer jemalloc hands to a hook is the part. */
struct part {
    extent_hooks_t hooks;
    uintptr_t begin, end;
    _Atomic uintptr_t next;
    _Atomic size_t *committed; /* bytes from `begin`; only grows */
    unsigned arena;            /* of an isolated part; 0 for the shared one */
};

size_t cst_heap_shared_size;
_Atomic size_t cst_heap_shared_committed;

/* Read by jemalloc at its first call, which may come before anything of ours has run. Thread caches are off until a thread
 * is set up: making one allocates, and what is allocated before the arenas know our hooks would lie outside the range. So
 * would blocks of 8 MiB and more, which otherwise go to an arena that jemalloc makes for them by itself. */
#define ARENAS 4U
const char *cst_je_malloc_conf =
    "narenas:4,tcache:false,oversize_threshold:0,retain:true,abort_conf:false,background_thread:false,"
    "metadata_thp:disabled";

/* More than a thread's cache takes. jemalloc does not expect to be refused that memory. */
#define THREAD_CACHE_SIZE ((size_t)64 * 1024)

static struct part shared_part;
static struct part isolated_parts[CST_HEAP_SLOTS];
static _Atomic size_t isolated_committed[CST_HEAP_SLOTS];
static struct cst_lock commit_lock = CST_LOCK_INIT;
static _Atomic unsigned isolated_count;
static size_t commit_step = COMMIT_STEP;
static _Atomic(const char *) trouble; /* why memory was refused, until that is told */

/* Memory for [from, to), widened to whole pages. */
static bool make_usable(uintptr_t from, uintptr_t to)
{
    from &= ~(CST_PAGE_SIZE - 1);
    to = (to + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1);
    return cst_sys_protect((void *)from, to - from, PROT_READ | PROT_WRITE);
}

/* Memory for the tags of the heap from offset `from` to `to`: densities first, then the slots of each. */
static bool make_tags_usable(size_t from, size_t to)
{
    uintptr_t densities = (uintptr_t)cst_shadow.density;
    if (!make_usable(densities + (from >> CST_PAGE_SHIFT), densities + (to >> CST_PAGE_SHIFT)))
        return false;
    for (unsigned density = 0; density < CST_TAG_DENSITIES; density++) {
        const struct cst_tag *slots = cst_shadow.slots[density];
        unsigned shift = CST_PAGE_SHIFT - density;
        if (!make_usable((uintptr_t)(slots + (from >> shift)), (uintptr_t)(slots + (to >> shift))))
            return false;
    }
    return true;
}

/* Is told once: a program that is refused memory asks for more again and again. */
static void note_trouble(const char *why)
{
    static atomic_flag noted = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&noted))
        atomic_store(&trouble, why);
}

static bool commit_to(struct part *part, size_t from, size_t to)
{
    size_t offset = part->begin - cst_shadow.base;
    if (!make_usable(part->begin + from, part->begin + to) || !make_tags_usable(offset + from, offset + to))
        return false;
    atomic_store_explicit(part->committed, to, memory_order_release);
    return true;
}

static bool commit_more(struct part *part, size_t wanted)
{
    size_t from = atomic_load(part->committed), size = part->end - part->begin;
    if (from >= wanted)
        return true;
    for (size_t step = commit_step; step >= COMMIT_STEP_MIN; step /= 4) {
        size_t to = (wanted + step - 1) & ~(step - 1);
        if (commit_to(part, from, to < size ? to : size))
            return true;
    }
    note_trouble("the system refuses memory for the heap, which takes three times what the program asks for; "
                 "see ulimit -d, ulimit -v and vm.overcommit_memory");
    return false;
}

static bool commit_up_to(struct part *part, uintptr_t end)
{
    cst_lock_acquire(&commit_lock);
    bool usable = commit_more(part, end - part->begin);
    cst_lock_release(&commit_lock);
    return usable;
}

static void *extent_alloc(extent_hooks_t *hooks, void *wanted, size_t size, size_t align, bool *zero, bool *commit,
                          unsigned arena)
{
    (void)arena;
    struct part *part = (struct part *)hooks;
    uintptr_t next = atomic_load(&part->next);
    for (;;) {
        uintptr_t start = (next + align - 1) & ~(align - 1);
        if (wanted && start != (uintptr_t)wanted)
            return NULL;
        if (start > part->end || size > part->end - start) {
            if (!wanted)
                note_trouble("the address range reserved for the heap is used up; see ulimit -v");
            return NULL;
        }
        if (!atomic_compare_exchange_weak(&part->next, &next, start + size))
            continue;
        *zero = true;
        *commit = true;
        return commit_up_to(part, start + size) ? (void *)start : NULL;
    }
}

static bool extent_purge_forced(extent_hooks_t *hooks, void *address, size_t size, size_t offset, size_t length,
                                unsigned arena)
{
    (void)hooks, (void)size, (void)arena;
    return !cst_sys_discard((char *)address + offset, length);
}

static bool extent_split(extent_hooks_t *hooks, void *address, size_t size, size_t size_a, size_t size_b,
                         bool committed, unsigned arena)
{
    (void)hooks, (void)address, (void)size, (void)size_a, (void)size_b, (void)committed, (void)arena;
    return false;
}

static bool extent_merge(extent_hooks_t *hooks, void *a, size_t size_a, void *b, size_t size_b, bool committed,
                         unsigned arena)
{
    (void)hooks, (void)a, (void)size_a, (void)b, (void)size_b, (void)committed, (void)arena;
    return false;
}

static void part_init(struct part *part, uintptr_t begin, size_t size, _Atomic size_t *committed)
{
    part->hooks = (extent_hooks_t){
        .alloc = extent_alloc, .purge_forced = extent_purge_forced, .split = extent_split, .merge = extent_merge};
    part->begin = begin;
    part->end = begin + size;
    part->committed = committed;
    atomic_store(&part->next, begin);
}

/* Heap, densities and slots for a range of `size` bytes; all or nothing. */
static bool reserve(size_t size)
{
    size_t total = size + size / CST_PAGE_SIZE;
    for (unsigned density = 0; density < CST_TAG_DENSITIES; density++)
        total += (size >> (CST_PAGE_SHIFT - density)) * sizeof(struct cst_tag);
    char *at = cst_sys_reserve(total, (size_t)1 << 21);
    if (!at)
        return false;
    cst_shadow.base = (uintptr_t)at;
    at += size;
    for (unsigned density = 0; density < CST_TAG_DENSITIES; density++) {
        cst_shadow.slots[density] = (struct cst_tag *)at;
        at += (size >> (CST_PAGE_SHIFT - density)) * sizeof(struct cst_tag);
    }
    cst_shadow.density = (uint8_t *)at;
    cst_shadow.end = (uintptr_t)at + size / CST_PAGE_SIZE;
    cst_shadow.size = size;
    return true;
}

/* As much as leaves the program a third of what the limits allow; less when even that is refused. */
static bool reserve_what_fits(void)
{
    size_t size = cst_sys_address_space_limit() / 3 * 2 / RANGE_SHARE & ~(RANGE_STEP - 1);
    if (size > CST_HEAP_RANGE_MAX)
        size = CST_HEAP_RANGE_MAX;
    for (; size >= SMALLEST_RANGE; size = size / 2 & ~(RANGE_STEP - 1))
        if (reserve(size))
            return true;
    return reserve(SMALLEST_RANGE);
}

/* What is committed and not yet used is missing elsewhere. */
static void choose_commit_step(void)
{
    for (commit_step = COMMIT_STEP; commit_step > COMMIT_STEP_MIN; commit_step /= 2)
        if (commit_step <= cst_sys_data_limit() / COMMIT_STEPS_OF_LIMIT)
            return;
}

static bool adopt_arena(unsigned arena)
{
    char name[] = "arena.0.extent_hooks";
    name[strlen("arena.")] = (char)('0' + arena);
    extent_hooks_t *hooks = &shared_part.hooks;
    return cst_je_mallctl(name, NULL, NULL, &hooks, sizeof hooks) == 0;
}

/* Tries, without touching it, whether the system gives as much memory as start takes and some for the program. If not, the
 * program is better off without us, and with all of what there is. */
static bool is_affordable(void)
{
    void *trial = (void *)cst_shadow.base;
    void *rest = cst_sys_map(REST_SIZE);
    if (rest)
        cst_sys_unmap(rest, REST_SIZE);
    bool affordable = rest && cst_sys_protect(trial, TRIAL_SIZE, PROT_READ | PROT_WRITE) &&
                      cst_sys_protect(trial, TRIAL_SIZE, PROT_NONE);
    if (!affordable) {
        cst_sys_unmap(trial, cst_shadow.end - cst_shadow.base);
        cst_shadow = (struct cst_shadow){.size = 0};
    }
    return affordable;
}

bool cst_heap_start(bool isolating)
{
    cst_tag_start();
    choose_commit_step();
    if (!reserve_what_fits() || !is_affordable() || !cst_je_thread_begin())
        return false;
    cst_heap_shared_size = isolating ? cst_shadow.size / 2 : cst_shadow.size;
    part_init(&shared_part, cst_shadow.base, cst_heap_shared_size, &cst_heap_shared_committed);
    for (unsigned arena = 0; arena < ARENAS; arena++)
        if (!adopt_arena(arena))
            return false;
    return true;
}

static bool make_cache(void)
{
    bool enabled = true;
    if (!cst_je_thread_begin())
        return false;
    void *probe = cst_je_malloc(THREAD_CACHE_SIZE);
    if (probe) {
        cst_je_free(probe);
        cst_je_mallctl("thread.tcache.enabled", NULL, NULL, &enabled, sizeof enabled);
    }
    return true;
}

bool cst_heap_enter_thread(void)
{
    uint8_t mode = cst_heap_begin();
    bool made = make_cache();
    cst_heap_end(mode);
    return made;
}

bool cst_heap_may_be_used(void)
{
    uint8_t mode = cst_heap_begin();
    bool may = cst_je_thread_begin();
    cst_heap_end(mode);
    return may;
}

/* Bytes of each isolated heap; 0 when the whole range is shared. */
static size_t slot_size(void)
{
    return (cst_shadow.size - cst_heap_shared_size) / CST_HEAP_SLOTS & ~(RANGE_STEP - 1);
}

unsigned cst_heap_isolate(void)
{
    if (slot_size() == 0 || !cst_je_thread_begin())
        return 0;
    unsigned slot = atomic_fetch_add(&isolated_count, 1);
    if (slot >= CST_HEAP_SLOTS) {
        atomic_fetch_sub(&isolated_count, 1);
        return 0;
    }
    struct part *part = &isolated_parts[slot];
    uintptr_t begin = cst_shadow.base + cst_heap_shared_size + slot * slot_size();
    part_init(part, begin, slot_size(), &isolated_committed[slot]);
    extent_hooks_t *hooks = &part->hooks;
    unsigned arena = 0;
    size_t arena_size = sizeof arena;
    if (cst_je_mallctl("arenas.create", &arena, &arena_size, &hooks, sizeof hooks) != 0)
        return 0;
    part->arena = arena;
    return arena;
}

unsigned cst_heap_arena_of(uintptr_t address)
{
    size_t offset = address - cst_shadow.base;
    if (CST_LIKELY(offset < cst_heap_shared_size))
        return 0;
    size_t slot = (offset - cst_heap_shared_size) / slot_size();
    return slot < CST_HEAP_SLOTS ? isolated_parts[slot].arena : 0;
}

/* The end of a part's memory; where blocks have been made, it lies at most a step behind them. */
static uintptr_t committed_end(const struct part *part)
{
    size_t committed = part->committed ? atomic_load_explicit(part->committed, memory_order_acquire) : 0;
    uintptr_t end = part->begin + committed, next = atomic_load(&part->next);
    return end < next ? end : next;
}

const char *cst_heap_take_trouble(void)
{
    if (cst_own_refused())
        note_trouble(
            "the system refuses memory for records of the heap; see ulimit -d, ulimit -v and vm.overcommit_memory");
    return atomic_load(&trouble) ? atomic_exchange(&trouble, NULL) : NULL;
}

static unsigned parts_in_use(void)
{
    unsigned count = atomic_load(&isolated_count);
    return count < CST_HEAP_SLOTS ? count : CST_HEAP_SLOTS;
}

void cst_heap_each_part(void (*visit)(uintptr_t from, uintptr_t to, void *data), void *data)
{
    visit(shared_part.begin, committed_end(&shared_part), data);
    for (unsigned i = 0; i < parts_in_use(); i++)
        visit(isolated_parts[i].begin, committed_end(&isolated_parts[i]), data);
}

/* The part whose committed memory holds `address`; NULL when none does. */
static const struct part *part_of(uintptr_t address)
{
    if (cst_heap_is_shared(address))
        return &shared_part;
    for (unsigned i = 0; i < parts_in_use(); i++)
        if (address >= isolated_parts[i].begin && address < committed_end(&isolated_parts[i]))
            return &isolated_parts[i];
    return NULL;
}

bool cst_heap_has(uintptr_t address)
{
    return part_of(address) != NULL;
}

struct cst_tag_hit cst_heap_find(uintptr_t address)
{
    const struct part *part = part_of(address);
    return part ? cst_tag_find(address, part->begin) : (struct cst_tag_hit){0};
}

void cst_heap_thread_state(uintptr_t thread_pointer, uintptr_t *out_lo, uintptr_t *out_hi)
{
    uintptr_t distance = (uintptr_t)__builtin_thread_pointer() - cst_je_thread_state();
    *out_lo = cst_je_thread_state_size > 0 ? thread_pointer - distance : 0;
    *out_hi = *out_lo + cst_je_thread_state_size;
}

void cst_heap_after_fork(void)
{
    cst_lock_reset(&commit_lock);
}
