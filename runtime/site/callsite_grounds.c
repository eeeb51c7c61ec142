/* Grounds; see the header. */
#include "site/callsite_grounds.h"

#include "base/pool.h"

#include <stdatomic.h>
#include <string.h>

#define SETS_MAX 1024

static const struct cst_grounds *_Atomic sets[SETS_MAX]; /* the first is CST_GROUNDS_NONE */
static size_t set_count = 1;

void cst_grounds_add(struct cst_grounds *grounds, uintptr_t variable, uintptr_t value)
{
    for (size_t i = 0; i < grounds->count; i++) {
        if (grounds->words[i].variable == variable) {
            return;
        }
    }
    if (grounds->count == CST_GROUNDS_MAX) {
        grounds->too_many = true;
    } else {
        grounds->words[grounds->count++] = (struct cst_ground){variable, value};
    }
}

static bool equal(const struct cst_grounds *a, const struct cst_grounds *b)
{
    return a->count == b->count && memcmp(a->words, b->words, a->count * sizeof *a->words) == 0;
}

uint16_t cst_grounds_keep(const struct cst_grounds *grounds)
{
    for (size_t number = 1; number < set_count; number++) {
        if (equal(atomic_load_explicit(&sets[number], memory_order_relaxed), grounds)) {
            return (uint16_t)number;
        }
    }
    struct cst_grounds *copy = set_count < SETS_MAX ? cst_pool_alloc(sizeof *copy) : NULL;
    if (!copy) {
        return CST_GROUNDS_NONE;
    }
    *copy = *grounds;
    atomic_store_explicit(&sets[set_count], copy, memory_order_release);
    return (uint16_t)set_count++;
}

static const struct cst_grounds *set_of(uint16_t number)
{
    return number < SETS_MAX ? atomic_load_explicit(&sets[number], memory_order_acquire) : NULL;
}

bool cst_grounds_are_as_noted(const struct cst_grounds *grounds)
{
    for (size_t i = 0; i < grounds->count; i++) {
        if (atomic_load_explicit((_Atomic uintptr_t *)grounds->words[i].variable, memory_order_relaxed) !=
            grounds->words[i].value) {
            return false;
        }
    }
    return true;
}

bool cst_grounds_hold(uint16_t number)
{
    const struct cst_grounds *set = set_of(number);
    return set != NULL && cst_grounds_are_as_noted(set);
}

bool cst_grounds_lie_in(uint16_t number, uintptr_t lo, uintptr_t hi)
{
    const struct cst_grounds *set = set_of(number);
    for (size_t i = 0; set && i < set->count; i++) {
        if (set->words[i].variable >= lo && set->words[i].variable < hi) {
            return true;
        }
    }
    return false;
}
