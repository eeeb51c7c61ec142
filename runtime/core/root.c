/* Roots: gathering them; see root.h. Every mapping is laid over a sorted list of regions: modules, whose data has an
 * owner, and cuts, which are no roots. What lies between them belongs to nobody and is a root. */
#include "core/root.h"

#include "base/boot.h"
#include "base/maps.h"
#include "base/sort.h"
#include "core/heap.h"
#include "core/side.h"
#include "core/stacks.h"
#include "core/thread.h"
#include "plat/own.h"
#include "plat/process.h"
#include "plat/sys.h"
#include "site/module.h"

#include <string.h>

/* What the ABI lets a function use below its stack pointer (System V ABI x86-64, 3.2.2). */
#define RED_ZONE 128
#define REGIONS_MAX ((size_t)CST_MODULE_MAX + CST_OWN_MAX + 2 * CST_HALT_MAX + CST_STACKS_ENDED_MAX + 8)

enum region_kind {
    REGION_IMAGE, /* a module */
    REGION_CUT,   /* no root */
    REGION_STACK, /* no root where it ends in the mapping: the unused part of a stack */
};

struct region {
    uintptr_t lo, hi;
    enum region_kind kind;
    size_t image; /* its index */
};

struct gathering {
    struct cst_roots *roots;
    struct region *regions; /* sorted by lo */
    size_t region_count;
    size_t passed;       /* regions in front of the mapping that is looked at */
    uintptr_t heap_seen; /* how far the mappings of the heap have been looked at */
    bool own_seen;       /* the mapping of our own stack: without it the list is not whole */
    bool full;
};

bool cst_roots_prepare(struct cst_roots *out_roots)
{
    *out_roots = (struct cst_roots){
        .roots = cst_own_map(CST_ROOTS_MAX * sizeof *out_roots->roots),
        .bars = cst_own_map(CST_ROOT_BARS_MAX * sizeof *out_roots->bars),
        .images = cst_own_map(CST_MODULE_MAX * sizeof *out_roots->images),
        .image_facts = cst_own_map(CST_MODULE_MAX * sizeof *out_roots->image_facts),
    };
    /* A module that owns nothing may hold something; but sides are not to run out for that. */
    uint32_t count = cst_module_count();
    for (uint32_t id = 0; id < count && cst_side_count() + (count - id) < CST_SIDE_MAX; id++) {
        const struct cst_module *module = cst_module_get(id);
        if (module && !module->unloaded)
            (void)cst_side_of_module(module, CUSTODY_CONTRACT_MALLOC);
    }
    return out_roots->roots && out_roots->bars && out_roots->images && out_roots->image_facts;
}

void cst_roots_free(struct cst_roots *roots)
{
    if (roots->roots)
        cst_own_unmap(roots->roots, CST_ROOTS_MAX * sizeof *roots->roots);
    if (roots->bars)
        cst_own_unmap(roots->bars, CST_ROOT_BARS_MAX * sizeof *roots->bars);
    if (roots->images)
        cst_own_unmap(roots->images, CST_MODULE_MAX * sizeof *roots->images);
    if (roots->image_facts)
        cst_own_unmap(roots->image_facts, CST_MODULE_MAX * sizeof *roots->image_facts);
}

static void add_region(struct gathering *gathering, uintptr_t lo, uintptr_t hi, enum region_kind kind, size_t image)
{
    if (lo >= hi)
        return;
    if (gathering->region_count == REGIONS_MAX) {
        gathering->full = true;
        return;
    }
    gathering->regions[gathering->region_count++] = (struct region){.lo = lo, .hi = hi, .kind = kind, .image = image};
}

/* Modules in order of address. There are few, and they come nearly sorted. */
static void add_image(struct cst_roots *roots, const struct cst_module *module)
{
    size_t at = roots->image_count++;
    for (; at > 0 && roots->images[at - 1].lo > module->lo; at--) {
        roots->images[at] = roots->images[at - 1];
        roots->image_facts[at] = roots->image_facts[at - 1];
    }
    roots->images[at] = (struct cst_reach_range){.lo = module->lo, .hi = module->hi};
    roots->image_facts[at] = (struct cst_root_image){.side = cst_side_find_module(module, CUSTODY_CONTRACT_MALLOC),
                                                     .ours = module->role == CST_ROLE_CUSTODY};
}

static void add_images(struct gathering *gathering)
{
    struct cst_roots *roots = gathering->roots;
    for (uint32_t id = 0; id < cst_module_count(); id++) {
        const struct cst_module *module = cst_module_get(id);
        if (module && !module->unloaded && roots->image_count < CST_MODULE_MAX)
            add_image(roots, module);
    }
    for (size_t i = 0; i < roots->image_count; i++)
        add_region(gathering, roots->images[i].lo, roots->images[i].hi, REGION_IMAGE, i);
}

/* The heap with its shadow, and what the runtime mapped for itself. */
static void add_own_memory(struct gathering *gathering)
{
    uintptr_t lo, hi;
    add_region(gathering, cst_shadow.base, cst_shadow.end, REGION_CUT, 0);
    for (size_t i = 0; cst_own_range(i, &lo, &hi); i++)
        add_region(gathering, lo, hi, REGION_CUT, 0);
}

/* The heap's keys in a thread's own storage look like addresses of blocks. */
static void add_thread_state(struct gathering *gathering, uintptr_t thread_pointer)
{
    uintptr_t lo, hi;
    cst_heap_thread_state(thread_pointer, &lo, &hi);
    add_region(gathering, lo, hi, REGION_CUT, 0);
}

/* The unused part of a stack. A signal stack may lie in the middle of a thread's own, so there is nothing to be said of
 * what lies below who runs on one. */
static void add_stack(struct gathering *gathering, uintptr_t stack_pointer, uintptr_t red_zone)
{
    struct cst_stack_bounds stack;
    if (cst_stacks_find(stack_pointer - 1, &stack))
        add_region(gathering, stack.lo, stack_pointer - red_zone, REGION_STACK, 0);
}

static void add_halted(struct gathering *gathering, const struct cst_halted *thread)
{
    if (atomic_load(&thread->state) != CST_HALT_STOPPED)
        return;
    add_thread_state(gathering, thread->thread_pointer);
    if (!thread->on_signal_stack)
        add_stack(gathering, thread->stack_pointer, RED_ZONE);
}

static bool is_in_use(const struct cst_halt *halt, const struct cst_stack_bounds *stack, uintptr_t own)
{
    bool used = own - stack->lo < stack->hi - stack->lo;
    for (size_t i = 0; i < halt->count && !used; i++)
        used = halt->threads[i].stack_pointer - stack->lo < stack->hi - stack->lo;
    return used;
}

/* glibc's struct pthread (nptl/descr.h): two pointers to itself, and the thread's id, which the kernel sets to 0 when the
 * thread has ended, and pthread_join to -1. */
#define CONTROL_TID 720

/* True while what a thread that ended has left is still there: its addresses may have become something else, or the stack
 * of another thread. */
static bool is_left_over(uintptr_t control_block)
{
    uintptr_t block[CONTROL_TID / sizeof(uintptr_t) + 1];
    return cst_sys_read_memory(control_block, block, sizeof block) == sizeof block && block[0] == control_block &&
           block[2] == control_block && (int32_t)block[CONTROL_TID / sizeof(uintptr_t)] <= 0;
}

/* Stacks of threads that ended, which glibc keeps for the next ones: dead but for the thread's control block at their upper
 * end. */
static void add_ended(struct gathering *gathering, const struct cst_halt *halt, uintptr_t own)
{
    struct cst_stack_bounds stack; /* up to the control block */
    for (unsigned i = 0; cst_stacks_ended(i, &stack); i++) {
        if (stack.lo < stack.hi && !is_in_use(halt, &stack, own) && is_left_over(stack.hi))
            add_region(gathering, stack.lo, stack.hi, REGION_STACK, 0);
    }
}

static bool lies_before(const void *a, const void *b)
{
    return ((const struct region *)a)->lo < ((const struct region *)b)->lo;
}

static void add_root(struct gathering *gathering, uintptr_t lo, uintptr_t hi, uint16_t holder, enum cst_reach_how how)
{
    struct cst_roots *roots = gathering->roots;
    if (lo >= hi)
        return;
    if (roots->count == CST_ROOTS_MAX) {
        gathering->full = true;
        return;
    }
    roots->roots[roots->count++] = (struct cst_root){.lo = lo, .hi = hi, .holder = holder, .how = (uint8_t)how};
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Whether pointers of this process may lie in a mapping: private memory, or memory shared with children only. A private
 * mapping of a file that cannot be written to is what the file says, except in a module, where the dynamic linker writes
 * first. */
static bool may_hold_pointers(const struct cst_mapping *mapping, bool in_image)
{
    if (!mapping->readable || begins_with(mapping->name, "[v"))
        return false;
    if (mapping->shared)
        return mapping->writable && (begins_with(mapping->name, "/dev/zero") || begins_with(mapping->name, "/memfd:"));
    return mapping->writable || (in_image ? !mapping->executable : mapping->inode == 0);
}

/* The first region that does not end in front of the mapping, which none before it reaches. */
static size_t first_behind(struct gathering *gathering, const struct cst_mapping *mapping)
{
    while (gathering->passed < gathering->region_count && gathering->regions[gathering->passed].hi <= mapping->lo)
        gathering->passed++;
    return gathering->passed;
}

static void add_part(struct gathering *gathering, const struct cst_mapping *mapping, const struct region *region,
                     uintptr_t lo, uintptr_t hi)
{
    const struct cst_root_image *image =
        region && region->kind == REGION_IMAGE ? &gathering->roots->image_facts[region->image] : NULL;
    if (!may_hold_pointers(mapping, image != NULL) || (image && image->ours))
        return;
    uint16_t holder = image && image->side ? image->side | CST_HOLDER_DATA : CST_HOLDER_NOBODY;
    enum cst_reach_how how = image && mapping->inode != 0 && !mapping->shared ? CST_REACH_CHANGED : CST_REACH_ALIGNED;
    add_root(gathering, lo, hi, holder, mapping->executable ? CST_REACH_PACKED : how);
}

static bool is_cut(const struct region *region, const struct cst_mapping *mapping)
{
    return region->kind == REGION_CUT ||
           (region->kind == REGION_STACK && region->hi > mapping->lo && region->hi <= mapping->hi);
}

/* True for a stack that ends elsewhere: the mapping may be anything, only not the dead part of this stack. */
static bool reaches_over(const struct region *region, const struct cst_mapping *mapping)
{
    return region->kind == REGION_STACK && !is_cut(region, mapping);
}

static void lay_over(struct gathering *gathering, const struct cst_mapping *mapping)
{
    uintptr_t at = mapping->lo;
    for (size_t i = first_behind(gathering, mapping); at < mapping->hi; i++) {
        const struct region *region = i < gathering->region_count ? &gathering->regions[i] : NULL;
        uintptr_t lo = region && region->lo < mapping->hi ? region->lo : mapping->hi;
        if (at < lo) {
            add_part(gathering, mapping, NULL, at, lo);
            at = lo;
        }
        if (!region || at == mapping->hi || region->hi <= at || reaches_over(region, mapping))
            continue;
        uintptr_t hi = region->hi < mapping->hi ? region->hi : mapping->hi;
        if (!is_cut(region, mapping))
            add_part(gathering, mapping, region->kind == REGION_IMAGE ? region : NULL, at, hi);
        at = hi;
    }
}

static void add_bar(struct gathering *gathering, uintptr_t lo, uintptr_t hi)
{
    struct cst_roots *roots = gathering->roots;
    if (lo >= hi || !cst_heap_has(lo))
        return;
    if (roots->bar_count == CST_ROOT_BARS_MAX)
        gathering->full = true;
    else
        roots->bars[roots->bar_count++] = (struct cst_reach_range){.lo = lo, .hi = hi};
}

/* Parts of the heap that the program has made unreadable, has unmapped, or has mapped a file to, which may be shorter than
 * its mapping. */
static void note_bars(struct gathering *gathering, const struct cst_mapping *mapping)
{
    uintptr_t end = cst_shadow.base + cst_shadow.size, lo = mapping->lo < end ? mapping->lo : end;
    if (mapping->hi <= cst_shadow.base || gathering->heap_seen >= end)
        return;
    add_bar(gathering, gathering->heap_seen, lo);
    if (!mapping->readable || mapping->inode != 0)
        add_bar(gathering, lo, mapping->hi < end ? mapping->hi : end);
    gathering->heap_seen = mapping->hi;
}

static bool take_mapping(const struct cst_mapping *mapping, void *context)
{
    struct gathering *gathering = context;
    uintptr_t here = (uintptr_t)&mapping;
    if (mapping->lo <= here && here < mapping->hi)
        gathering->own_seen = true;
    note_bars(gathering, mapping);
    lay_over(gathering, mapping);
    return !gathering->full;
}

bool cst_roots_gather(struct cst_roots *roots, const struct cst_halt *halt, uintptr_t stack_pointer)
{
    struct gathering gathering = {
        .roots = roots, .regions = cst_own_map(REGIONS_MAX * sizeof(struct region)), .heap_seen = cst_shadow.base};
    if (!gathering.regions || cst_own_overflowed())
        return false;
    add_images(&gathering);
    add_own_memory(&gathering);
    if (!cst_process_on_signal_stack(stack_pointer))
        add_stack(&gathering, stack_pointer, 0);
    add_thread_state(&gathering, (uintptr_t)__builtin_thread_pointer());
    for (size_t i = 0; i < halt->count; i++)
        add_halted(&gathering, &halt->threads[i]);
    if (halt->listed && halt->missed == 0)
        add_ended(&gathering, halt, stack_pointer);
    cst_sort(gathering.regions, gathering.region_count, sizeof *gathering.regions, lies_before);
    bool good = cst_maps_each(take_mapping, &gathering) && gathering.own_seen && !gathering.full;
    const void *boot_begin, *boot_end;
    cst_boot_used(&boot_begin, &boot_end);
    add_root(&gathering, (uintptr_t)boot_begin, (uintptr_t)boot_end, CST_HOLDER_NOBODY, CST_REACH_ALIGNED);
    cst_own_unmap(gathering.regions, REGIONS_MAX * sizeof(struct region));
    return good;
}
