/* Grounds: variables of the program that the answer for a call site rests on, because the call, or a jump behind it, goes
 * through function pointers that they hold. The answer is good as long as each of them holds the address that it held when
 * the code was read. Sets of grounds are few: each is kept once, for ever, under a number. */
#ifndef CST_SITE_CALLSITE_GROUNDS_H
#define CST_SITE_CALLSITE_GROUNDS_H

#include "plat/compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CST_GROUNDS_MAX 4
#define CST_GROUNDS_NONE ((uint16_t)0)

/** Variables in the order in which the call comes to them, each once. */
struct cst_grounds {
    size_t count;
    bool too_many; /**< there are more than fit: no answer can rest on them */
    struct cst_ground {
        uintptr_t variable; /**< address of an aligned word in a loaded module */
        uintptr_t value;    /**< what it held */
    } words[CST_GROUNDS_MAX];
};

/** Adds a variable, unless it is there already. */
void cst_grounds_add(struct cst_grounds *grounds, uintptr_t variable, uintptr_t value);

/** True when each variable holds what it held. A later one is only read when the earlier ones do: it is mapped as long as code
 * that comes to it through them runs. */
CST_MUST_USE bool cst_grounds_are_as_noted(const struct cst_grounds *grounds);

/** Sets that are kept, by their number; CST_GROUNDS_NONE has no words. A set is complete before its number is known and never
 * changes. */
#define CST_GROUNDS_KEPT_MAX 1024
struct cst_grounds_kept {
    uint32_t module; /**< that made the calls whose answers rest on it; CST_MODULE_NONE when none is known */
    uint32_t count;
    struct cst_ground words[CST_GROUNDS_MAX];
};
extern struct cst_grounds_kept cst_grounds_kept[CST_GROUNDS_KEPT_MAX];

/** The number of such a set, not empty, for calls of `module`, keeping it if it is new; CST_GROUNDS_NONE when there are too
 * many sets. Under a lock of the caller's, the same for all calls. */
uint16_t cst_grounds_keep(const struct cst_grounds *grounds, uint32_t module);

/** As cst_grounds_are_as_noted, of a kept set, or CST_GROUNDS_NONE, which never holds. Takes no lock. */
CST_INLINE bool cst_grounds_hold(uint16_t number)
{
    const struct cst_grounds_kept *set = &cst_grounds_kept[number];
    for (uint32_t i = 0; i < set->count; i++) {
        const _Atomic uintptr_t *variable = (const _Atomic uintptr_t *)set->words[i].variable;
        if (atomic_load_explicit(variable, memory_order_relaxed) != set->words[i].value) {
            return false;
        }
    }
    return set->count != 0;
}

/** True when a variable of a kept set lies in [lo, hi). */
CST_MUST_USE bool cst_grounds_lie_in(uint16_t number, uintptr_t lo, uintptr_t hi);

#endif
