/* The runtime's own memory: see own.h. A table that only grows; an entry is taken by its number and complete once its
 * upper end is set. Mappings come from the kernel downwards, one below the other, so most of them lengthen the entry
 * that was made last. */
#include "plat/own.h"

#include "plat/sys.h"

#include <stdatomic.h>

static struct {
    _Atomic uintptr_t lo, hi;
} ranges[CST_OWN_MAX];
static _Atomic size_t range_count;

/* Lengthens the last entry downwards when [lo, hi) lies right below it. */
static bool join_last(uintptr_t lo, uintptr_t hi)
{
    size_t count = atomic_load(&range_count);
    if (count == 0 || count > CST_OWN_MAX || atomic_load(&ranges[count - 1].hi) <= hi)
        return false;
    return atomic_compare_exchange_strong(&ranges[count - 1].lo, &hi, lo);
}

static uintptr_t page_up(uintptr_t address)
{
    return (address + CST_PAGE_SIZE - 1) & ~(uintptr_t)(CST_PAGE_SIZE - 1);
}

void cst_own_note(const void *address, size_t size)
{
    uintptr_t lo = (uintptr_t)address, hi = page_up(lo + size);
    if (join_last(lo, hi))
        return;
    size_t index = atomic_fetch_add(&range_count, 1);
    if (index >= CST_OWN_MAX)
        return;
    atomic_store(&ranges[index].lo, lo);
    atomic_store(&ranges[index].hi, hi);
}

/* What lies in the middle of an entry stays told as ours: somebody else's memory must not come there. */
bool cst_own_forget(const void *address, size_t size)
{
    uintptr_t lo = (uintptr_t)address, hi = page_up(lo + size);
    for (size_t i = 0; i < CST_OWN_MAX; i++) {
        uintptr_t from = atomic_load(&ranges[i].lo), to = atomic_load(&ranges[i].hi);
        if (from == lo && hi <= to)
            return atomic_compare_exchange_strong(&ranges[i].lo, &from, hi);
        if (to == hi && from < lo)
            return atomic_compare_exchange_strong(&ranges[i].hi, &to, lo);
    }
    return cst_own_overflowed();
}

void *cst_own_map(size_t size)
{
    void *start = cst_sys_map(size);
    if (start)
        cst_own_note(start, size);
    return start;
}

void cst_own_unmap(void *address, size_t size)
{
    if (cst_own_forget(address, size))
        cst_sys_unmap(address, size);
    else
        cst_sys_discard(address, page_up(size));
}

bool cst_own_range(size_t index, uintptr_t *out_lo, uintptr_t *out_hi)
{
    if (index >= CST_OWN_MAX || index >= atomic_load(&range_count))
        return false;
    *out_lo = atomic_load(&ranges[index].lo);
    *out_hi = atomic_load(&ranges[index].hi);
    return true;
}

bool cst_own_overflowed(void)
{
    return atomic_load(&range_count) > CST_OWN_MAX;
}
