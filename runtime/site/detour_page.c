/* Pages for stubs: see detour_page.h. */
#include "site/detour_page.h"

#include "base/lock.h"
#include "base/maps.h"
#include "plat/own.h"
#include "plat/sys.h"

#include <string.h>
#include <sys/mman.h>

/* How far a 32-bit displacement reaches, less room for the instruction around it. */
#define REACH (((uintptr_t)1 << 31) - 64)

/* Below it the kernel maps nothing (vm.mmap_min_addr as it mostly is). */
#define LOWEST ((uintptr_t)65536)

#define TRIES 8

struct run {
    uintptr_t lo;
    size_t size;
    uint32_t module; /* CST_MODULE_NONE: free */
};

static struct cst_lock lock = CST_LOCK_INIT;
static struct run runs[CST_DETOUR_RUNS_MAX];
static size_t run_count;

/* The highest gap of enough bytes below a module, and the lowest above it. */
struct gaps {
    const struct cst_module *module;
    size_t size;
    uintptr_t end; /* of the mapping before */
    uintptr_t below, above;
};

static bool is_near(const struct cst_module *module, uintptr_t lo, size_t size)
{
    uintptr_t from = lo < module->lo ? lo : module->lo;
    uintptr_t to = lo + size > module->hi ? lo + size : module->hi;
    return to - from <= REACH;
}

/* Room is taken from the top of a gap: what lies below it may grow, as the break segment does. So does a stack, downwards:
 * right below one nothing is put. */
static bool note_gap(const struct cst_mapping *mapping, void *context)
{
    struct gaps *gaps = context;
    uintptr_t lo = mapping->lo - gaps->size;
    bool fits =
        mapping->lo > gaps->end && mapping->lo - gaps->end >= gaps->size && strcmp(mapping->name, "[stack]") != 0;
    gaps->end = mapping->hi;
    if (!fits || !is_near(gaps->module, lo, gaps->size)) {
        return true;
    }
    if (mapping->lo <= gaps->module->lo) {
        gaps->below = lo;
        return true;
    }
    gaps->above = lo;
    return false;
}

/* Maps pages in a gap. Other threads map too: who comes late looks again. */
static uintptr_t map_near(const struct cst_module *module, size_t size)
{
    for (int i = 0; i < TRIES; i++) {
        struct gaps gaps = {.module = module, .size = size, .end = LOWEST};
        if (!cst_maps_each(note_gap, &gaps)) {
            return 0;
        }
        if (gaps.below && cst_sys_map_at(gaps.below, size)) {
            return gaps.below;
        }
        if (gaps.above && cst_sys_map_at(gaps.above, size)) {
            return gaps.above;
        }
    }
    return 0;
}

static bool reuse(struct run *run, const struct cst_module *module, size_t size)
{
    if (run->module != CST_MODULE_NONE || run->size < size || !is_near(module, run->lo, run->size) ||
        !cst_sys_protect((void *)run->lo, run->size, PROT_READ | PROT_WRITE)) {
        return false;
    }
    run->module = module->id;
    return true;
}

static void *take(const struct cst_module *module, size_t size)
{
    for (size_t i = 0; i < run_count; i++) {
        if (reuse(&runs[i], module, size)) {
            return (void *)runs[i].lo;
        }
    }
    uintptr_t lo = run_count < CST_DETOUR_RUNS_MAX ? map_near(module, size) : 0;
    if (lo == 0) {
        return NULL;
    }
    cst_own_note((void *)lo, size);
    runs[run_count++] = (struct run){.lo = lo, .size = size, .module = module->id};
    return (void *)lo;
}

void *cst_detour_page_get(const struct cst_module *module, size_t size)
{
    cst_lock_acquire(&lock);
    void *page = take(module, (size + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1));
    cst_lock_release(&lock);
    return page;
}

bool cst_detour_page_seal(void *page, size_t size)
{
    return cst_sys_protect(page, (size + CST_PAGE_SIZE - 1) & ~(CST_PAGE_SIZE - 1), PROT_READ | PROT_EXEC);
}

void cst_detour_page_drop(void *page)
{
    cst_lock_acquire(&lock);
    for (size_t i = 0; i < run_count; i++) {
        if (runs[i].lo == (uintptr_t)page) {
            runs[i].module = CST_MODULE_NONE;
        }
    }
    cst_lock_release(&lock);
}

void cst_detour_page_forget(uint32_t module)
{
    cst_lock_acquire(&lock);
    for (size_t i = 0; i < run_count; i++) {
        if (runs[i].module == module) {
            runs[i].module = CST_MODULE_NONE;
        }
    }
    cst_lock_release(&lock);
}

void cst_detour_page_after_fork(void)
{
    cst_lock_reset(&lock);
}
