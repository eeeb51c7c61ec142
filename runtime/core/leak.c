/* The leak audit: see leak.h. While threads are halted everything lies in mappings made for the purpose: a halted thread
 * may hold the lock of the pool, or of anything else. */
#include "core/leak.h"

#include "base/lock.h"
#include "base/sort.h"
#include "core/heap.h"
#include "core/root.h"
#include "core/side.h"
#include "core/tag_walk.h"
#include "core/thread.h"
#include "plat/halt.h"
#include "plat/own.h"

_Static_assert(sizeof(struct cst_leak) <= CST_SORT_SIZE_MAX, "leaks are sorted");

#define FIRST_CAPACITY ((size_t)1024)

struct summing {
    struct cst_leaks *leaks;
    bool by_stack, examined;
    struct cst_leak *last; /* the row of the block before: neighbours are often of a kind */
};

static struct cst_lock one_at_a_time = CST_LOCK_INIT;

const char *cst_leak_class_name(enum cst_reach_class class)
{
    static const char *const names[CST_REACH_CLASSES] = {
        [CST_REACH_LIVE] = "live",         [CST_REACH_REACHABLE] = "reachable", [CST_REACH_POSSIBLE] = "possible",
        [CST_REACH_INDIRECT] = "indirect", [CST_REACH_DEFINITE] = "definite",
    };
    return names[class];
}

enum custody_severity cst_leak_severity(enum cst_reach_class class, bool exact)
{
    switch (class) {
    case CST_REACH_DEFINITE:
    case CST_REACH_INDIRECT:
        return exact ? CUSTODY_SEVERITY_ERROR : CUSTODY_SEVERITY_WARNING;
    case CST_REACH_POSSIBLE:
        return CUSTODY_SEVERITY_WARNING;
    case CST_REACH_REACHABLE:
    case CST_REACH_LIVE:
        break;
    }
    return CUSTODY_SEVERITY_NOTE;
}

static uint64_t key_of(const struct cst_leak *leak)
{
    return (uint64_t)1 << 63 | (uint64_t)leak->class << 50 | (uint64_t)leak->holder << 40 | (uint64_t)leak->side << 30 |
           (uint64_t)leak->contract << 24 | leak->stack;
}

/* The row of `key`, or the free one where it belongs. The table is never full. */
static struct cst_leak *row_of(struct cst_leak *list, size_t capacity, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (capacity - 1);
    while (list[at].key != 0 && list[at].key != key)
        at = (at + 1) & (capacity - 1);
    return &list[at];
}

static bool grow(struct cst_leaks *leaks)
{
    size_t capacity = leaks->capacity ? leaks->capacity * 2 : FIRST_CAPACITY;
    struct cst_leak *list = cst_own_map(capacity * sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < leaks->capacity; i++)
        if (leaks->list[i].key != 0)
            *row_of(list, capacity, leaks->list[i].key) = leaks->list[i];
    if (leaks->list)
        cst_own_unmap(leaks->list, leaks->capacity * sizeof *leaks->list);
    leaks->list = list;
    leaks->capacity = capacity;
    return true;
}

/* The row for leaks like this one; NULL when memory is out. */
static struct cst_leak *find_or_add(struct cst_leaks *leaks, const struct cst_leak *like)
{
    if (leaks->count * 2 >= leaks->capacity && !grow(leaks) && leaks->count + 1 >= leaks->capacity)
        return NULL;
    struct cst_leak *row = row_of(leaks->list, leaks->capacity, like->key);
    if (row->key == 0) {
        *row = *like;
        leaks->count++;
    }
    return row;
}

static void add(struct summing *summing, uintptr_t start, const struct cst_tag *tag, const struct cst_leak *like)
{
    struct cst_leaks *leaks = summing->leaks;
    struct cst_leak_total *total = &leaks->totals[like->class];
    total->blocks++;
    total->bytes += cst_tag_size(tag);
    if (cst_tag_is_told(tag))
        return;
    struct cst_leak *row = summing->last;
    if (!row || row->key != like->key)
        row = summing->last = find_or_add(leaks, like);
    if (!row) {
        leaks->incomplete = true;
        return;
    }
    row->blocks++;
    row->bytes += cst_tag_size(tag);
    row->example = start;
    row->example_size = cst_tag_size(tag);
    row->example_align = cst_tag_align(tag);
}

static void sum_up(uintptr_t start, struct cst_tag *tag, void *data)
{
    struct summing *summing = data;
    if (cst_tag_contract(tag) != CUSTODY_CONTRACT_UNKNOWN && cst_tag_generation(tag) == cst_thread.generation) {
        struct cst_leak like = {
            .stack = summing->by_stack ? cst_tag_alloc_stack(tag) : 0,
            .side = cst_tag_side(tag),
            .holder = summing->examined ? cst_reach_holder_of(tag) : CST_SIDE_UNKNOWN,
            .contract = (uint8_t)cst_tag_contract(tag),
            .class = summing->examined ? (uint8_t)cst_reach_class_of(tag) : CST_REACH_LIVE,
        };
        like.key = key_of(&like);
        add(summing, start, tag, &like);
    }
    if (cst_tag_marks(tag) != 0)
        cst_tag_set_marks(tag, 0);
}

static void sum_up_part(uintptr_t from, uintptr_t to, void *data)
{
    cst_tag_walk(from, to, sum_up, data);
}

static bool comes_before(const void *left, const void *right)
{
    const struct cst_leak *a = left, *b = right;
    if (a->class != b->class)
        return a->class > b->class;
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->key < b->key;
}

/* Rows to the front, in order. */
static void put_in_order(struct cst_leaks *leaks)
{
    size_t count = 0;
    for (size_t i = 0; i < leaks->capacity; i++)
        if (leaks->list[i].key != 0)
            leaks->list[count++] = leaks->list[i];
    cst_sort(leaks->list, count, sizeof *leaks->list, comes_before);
}

/* Marks what can be reached. False when that cannot be said. */
static bool examine(struct cst_roots *roots, const struct cst_halt *halt, uintptr_t stack)
{
    struct cst_reach reach;
    if (!cst_roots_gather(roots, halt, stack))
        return false;
    bool good = cst_reach_begin(&reach, cst_thread.generation, roots->bars, roots->bar_count, roots->images,
                                roots->image_count);
    if (good) {
        cst_roots_mark(roots, halt, &reach);
        cst_reach_stack(&reach, stack);
        good = cst_reach_finish(&reach);
    }
    cst_reach_end(&reach);
    return good;
}

static void find_halted(bool by_stack, uintptr_t stack, struct cst_leaks *leaks)
{
    struct cst_roots roots;
    struct cst_halt halt = {0};
    bool prepared = cst_roots_prepare(&roots), halted = prepared && cst_halt_begin(&halt);
    struct summing summing = {.leaks = leaks, .by_stack = by_stack};
    summing.examined = halted && examine(&roots, &halt, stack);
    leaks->exact = !summing.examined || (halt.listed && halt.missed == 0);
    cst_heap_each_part(sum_up_part, &summing);
    if (halted)
        cst_halt_end(&halt);
    cst_roots_free(&roots);
}

void cst_leaks_find(bool by_stack, uintptr_t stack, struct cst_leaks *out_leaks)
{
    *out_leaks = (struct cst_leaks){0};
    cst_module_meet();
    cst_lock_acquire(&one_at_a_time);
    find_halted(by_stack, stack, out_leaks);
    cst_lock_release(&one_at_a_time);
    put_in_order(out_leaks);
}

void cst_leaks_free(struct cst_leaks *leaks)
{
    if (leaks->list)
        cst_own_unmap(leaks->list, leaks->capacity * sizeof *leaks->list);
    *leaks = (struct cst_leaks){0};
}

void cst_leaks_after_fork(void)
{
    cst_lock_reset(&one_at_a_time);
    cst_halt_after_fork();
}
