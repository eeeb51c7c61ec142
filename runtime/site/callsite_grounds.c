/* Grounds; see the header. */
#include "site/callsite_grounds.h"

#include <string.h>

struct cst_grounds_kept cst_grounds_kept[CST_GROUNDS_KEPT_MAX];
static size_t set_count = 1; /* the first is CST_GROUNDS_NONE */

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

static bool is_set(const struct cst_grounds_kept *kept, const struct cst_grounds *grounds, uint32_t module)
{
    return kept->module == module && kept->count == grounds->count &&
           memcmp(kept->words, grounds->words, grounds->count * sizeof *grounds->words) == 0;
}

uint16_t cst_grounds_keep(const struct cst_grounds *grounds, uint32_t module)
{
    for (size_t number = 1; number < set_count; number++) {
        if (is_set(&cst_grounds_kept[number], grounds, module)) {
            return (uint16_t)number;
        }
    }
    if (set_count == CST_GROUNDS_KEPT_MAX) {
        return CST_GROUNDS_NONE;
    }
    struct cst_grounds_kept *kept = &cst_grounds_kept[set_count];
    kept->module = module;
    kept->count = (uint32_t)grounds->count;
    memcpy(kept->words, grounds->words, sizeof kept->words);
    return (uint16_t)set_count++;
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

bool cst_grounds_lie_in(uint16_t number, uintptr_t lo, uintptr_t hi)
{
    const struct cst_grounds_kept *set = &cst_grounds_kept[number];
    for (size_t i = 0; i < set->count; i++) {
        if (set->words[i].variable >= lo && set->words[i].variable < hi) {
            return true;
        }
    }
    return false;
}
