/* The runtime's own memory: see own.h. Entries are used again once what they told of is given back. An entry is empty
 * while its `lo` is not below its `hi`; who fills it or cuts it in two holds it by a `lo` of HELD meanwhile, and everybody
 * else passes it over. Mappings come from the kernel downwards, one below the other, so most of them lengthen an entry. */
#include "plat/own.h"

#include "plat/sys.h"

#include <stdatomic.h>

#define HELD UINTPTR_MAX

static struct {
    _Atomic uintptr_t lo, hi; /* hi 0: never filled */
} ranges[CST_OWN_MAX];
static atomic_bool refused;
static _Atomic size_t range_count; /* entries that were ever taken; more than CST_OWN_MAX: some could not be */

static size_t entries(void)
{
    size_t count = atomic_load(&range_count);
    return count < CST_OWN_MAX ? count : CST_OWN_MAX;
}

/* Lengthens an entry downwards when [lo, hi) lies right below it. */
static bool join(uintptr_t lo, uintptr_t hi)
{
    for (size_t i = entries(); i-- > 0;) {
        uintptr_t from = hi;
        if (atomic_load(&ranges[i].hi) > hi && atomic_compare_exchange_strong(&ranges[i].lo, &from, lo))
            return true;
    }
    return false;
}

static uintptr_t page_up(uintptr_t address)
{
    return (address + CST_PAGE_SIZE - 1) & ~(uintptr_t)(CST_PAGE_SIZE - 1);
}

static void fill(size_t index, uintptr_t lo, uintptr_t hi)
{
    atomic_store(&ranges[index].hi, hi);
    atomic_store(&ranges[index].lo, lo);
}

static bool fill_empty(uintptr_t lo, uintptr_t hi)
{
    for (size_t i = 0; i < entries(); i++) {
        uintptr_t to = atomic_load(&ranges[i].hi), from = atomic_load(&ranges[i].lo);
        if (to != 0 && from != HELD && from >= to && atomic_compare_exchange_strong(&ranges[i].lo, &from, HELD)) {
            fill(i, lo, hi);
            return true;
        }
    }
    return false;
}

static bool add(uintptr_t lo, uintptr_t hi)
{
    if (fill_empty(lo, hi))
        return true;
    size_t index = atomic_fetch_add(&range_count, 1);
    if (index >= CST_OWN_MAX)
        return false;
    atomic_store(&ranges[index].lo, HELD);
    fill(index, lo, hi);
    return true;
}

void cst_own_note(const void *address, size_t size)
{
    uintptr_t lo = (uintptr_t)address, hi = page_up(lo + size);
    if (!join(lo, hi))
        (void)add(lo, hi);
}

/* Takes [lo, hi) out of the middle of an entry, whose upper part becomes one of its own. */
static bool cut(size_t index, uintptr_t from, uintptr_t lo, uintptr_t hi)
{
    if (!atomic_compare_exchange_strong(&ranges[index].lo, &from, HELD))
        return false;
    uintptr_t to = atomic_load(&ranges[index].hi);
    bool good = lo < to && hi <= to && (hi == to || add(hi, to));
    if (good)
        atomic_store(&ranges[index].hi, lo);
    atomic_store(&ranges[index].lo, from);
    return good;
}

bool cst_own_forget(const void *address, size_t size)
{
    uintptr_t lo = (uintptr_t)address, hi = page_up(lo + size);
    for (size_t i = 0; i < entries(); i++) {
        uintptr_t from = atomic_load(&ranges[i].lo), to = atomic_load(&ranges[i].hi);
        if (from == lo && hi <= to)
            return atomic_compare_exchange_strong(&ranges[i].lo, &from, hi);
        if (from < lo && lo < to && hi <= to)
            return cut(i, from, lo, hi);
    }
    return cst_own_overflowed();
}

void *cst_own_map(size_t size)
{
    void *start = cst_sys_map(size);
    if (start)
        cst_own_note(start, size);
    else
        cst_own_note_refusal();
    return start;
}

void cst_own_unmap(void *address, size_t size)
{
    if (cst_own_forget(address, size))
        cst_sys_unmap(address, size);
    else
        cst_sys_discard(address, page_up(size));
}

void cst_own_note_refusal(void)
{
    atomic_store(&refused, true);
}

bool cst_own_refused(void)
{
    return atomic_load(&refused);
}

bool cst_own_range(size_t index, uintptr_t *out_lo, uintptr_t *out_hi)
{
    if (index >= entries())
        return false;
    *out_lo = atomic_load(&ranges[index].lo);
    *out_hi = atomic_load(&ranges[index].hi);
    return true;
}

bool cst_own_overflowed(void)
{
    return atomic_load(&range_count) > CST_OWN_MAX;
}
