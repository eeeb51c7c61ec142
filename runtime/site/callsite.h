/* Call sites: whose code called an allocator, decided from the instruction in front of the return address, because
 * the return address itself lies when a function ends in a tail jump. The answer belongs to the pair of return address
 * and door and is worked out once; later calls find it in a table without a lock.
 *
 *   call foo / call foo@plt / call *foo@GOT / call *constant, where foo is the door itself
 *                                                                                 -> the caller is where we return to
 *   the same, where foo is another function whose code jumps to the door (perhaps
 *   through further tail jumps)                                                   -> that function is the caller
 *   call *%reg with the register loaded from such a slot                          -> as a call through the slot
 *   call *variable, or a tail jump through one, of a module                       -> as a call of what the variable holds,
 *                                                                                    as long as it holds that
 *   anything else                                                                 -> unknown; never a reason to accuse
 */
#ifndef CST_SITE_CALLSITE_H
#define CST_SITE_CALLSITE_H

#include "custody/words.h"
#include "plat/compiler.h"
#include "site/caller.h"
#include "site/callsite_grounds.h"
#include "site/module.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How a call site was read. */
enum cst_callsite_how {
    CST_HOW_UNKNOWN,  /**< cannot be told: register-indirect, undecodable, outside every module */
    CST_HOW_DIRECT,   /**< the code at the return address called the door */
    CST_HOW_TAIL,     /**< a function called from there tail-jumped to the door: it is the caller */
    CST_HOW_HOISTED,  /**< called through a register that the same function loads from the door's GOT slot */
    CST_HOW_RUST,     /**< went through a `__rust_*` entry that was not hooked yet */
    CST_HOW_VARIABLE, /**< one of the plain ways, through variables that held these functions (callsite_grounds.h) */
};

/** What is known of one call site. `owner` is what the resolver below made of the caller: opaque here. `site` fits in 24
 * bits (CST_STACK_ID_BITS). */
struct cst_callsite {
    uint32_t module; /**< id of the module that called; CST_MODULE_NONE when unknown */
    uint16_t owner;  /**< the resolver's answer */
    uint8_t how;     /**< enum cst_callsite_how */
    uint8_t spare;
    uint32_t site; /**< the resolver's answer for the return address (an id of the one-frame stack) */
};

/** Turns a caller (its module NULL when it is unknown) into an owner, and a return address into a site id. Called once per
 * call site. */
struct cst_callsite_resolver {
    uint16_t (*owner)(const struct cst_caller *caller);
    uint32_t (*site)(uintptr_t return_address);
};

/** Sets the addresses of the doors (0 where a door has none) and the resolver; at start. Arrays are kept, not copied. */
void cst_callsite_setup(const uintptr_t doors[CUSTODY_DOOR_COUNT], const struct cst_callsite_resolver *resolver);

/** One row of the table. `key` says which call site; it is written last and read again after `value`, so that a reader
 * never takes the value of another site that was put in the same row meanwhile. */
struct cst_callsite_row {
    _Atomic uint64_t key;   /**< cst_callsite_key, CST_CALLSITE_FREE or CST_CALLSITE_GONE */
    _Atomic uint64_t value; /**< a packed struct cst_callsite */
};

#define CST_CALLSITE_BITS 17
#define CST_CALLSITE_FREE ((uint64_t)0)
#define CST_CALLSITE_GONE ((uint64_t)1)

extern struct cst_callsite_row cst_callsite_table[(size_t)1 << CST_CALLSITE_BITS];

CST_INLINE uint64_t cst_callsite_key(uintptr_t return_address, enum custody_door door)
{
    return ((uint64_t)return_address << 8) + (uint64_t)door + 2; /* neither FREE nor GONE */
}

CST_INLINE size_t cst_callsite_home(uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - CST_CALLSITE_BITS));
}

/* Bits of a packed call site: how 0-2, readings left 3-7, site 8-31, module 32-47 (all ones for none), owner 48-63. With
 * CST_HOW_VARIABLE the number of its grounds, which know the module, stands in the module's place.
 * Readings are left while the answer may change: the call is then read anew, so many times. */
CST_INLINE unsigned cst_callsite_readings_left(uint64_t value)
{
    return (unsigned)(value >> 3) & 31;
}

/* True when the answer needs no further look at code or variables. */
CST_INLINE bool cst_callsite_is_settled(uint64_t value)
{
    return (uint8_t)value < CST_HOW_VARIABLE;
}

CST_INLINE uint64_t cst_callsite_pack(const struct cst_callsite *callsite, unsigned readings_left)
{
    return callsite->how | (uint64_t)readings_left << 3 | (uint64_t)(callsite->site & 0xffffff) << 8 |
           (uint64_t)(callsite->module & 0xffff) << 32 | (uint64_t)callsite->owner << 48;
}

/* The same of one that rests on variables. */
CST_INLINE uint64_t cst_callsite_pack_variable(const struct cst_callsite *callsite, uint16_t grounds)
{
    return CST_HOW_VARIABLE | (uint64_t)(callsite->site & 0xffffff) << 8 | (uint64_t)grounds << 32 |
           (uint64_t)callsite->owner << 48;
}

/* What an answer with CST_HOW_VARIABLE rests on. */
CST_INLINE uint16_t cst_callsite_grounds(uint64_t value)
{
    return (uint16_t)(value >> 32);
}

CST_INLINE struct cst_callsite cst_callsite_unpack(uint64_t value)
{
    uint8_t how = (uint8_t)value & 7;
    uint32_t module = (uint32_t)(value >> 32) & 0xffff;
    if (how == CST_HOW_VARIABLE) {
        module = cst_grounds_kept[module].module;
    } else if (module == 0xffff) {
        module = CST_MODULE_NONE;
    }
    return (struct cst_callsite){
        .module = module, .owner = (uint16_t)(value >> 48), .how = how, .site = (uint32_t)value >> 8};
}

/* True when an answer is good as it stands and nothing unusual: below CST_HOW_RUST it is of a plain kind, with no readings
 * left; else its variables must hold what they did. */
CST_INLINE bool cst_callsite_is_plain(uint64_t value)
{
    return CST_LIKELY((uint8_t)value < CST_HOW_RUST) ||
           ((uint8_t)value == CST_HOW_VARIABLE && cst_grounds_hold(cst_callsite_grounds(value)));
}

/** The way of a site that is not settled in its home row: looks further, or reads the call and remembers it. */
struct cst_callsite cst_callsite_get_slow(uintptr_t return_address, enum custody_door door);

/** What is known of the call that will return to `return_address` and entered at `door`. Never fails. The first call for
 * a site reads code, may register modules and calls the resolver: no lock of the runtime may be held. */
CST_INLINE struct cst_callsite cst_callsite_get(uintptr_t return_address, enum custody_door door)
{
    uint64_t key = cst_callsite_key(return_address, door);
    struct cst_callsite_row *row = &cst_callsite_table[cst_callsite_home(key)];
    if (CST_LIKELY(atomic_load_explicit(&row->key, memory_order_acquire) == key)) {
        uint64_t value = atomic_load_explicit(&row->value, memory_order_acquire);
        if (CST_LIKELY(atomic_load_explicit(&row->key, memory_order_relaxed) == key &&
                       cst_callsite_is_settled(value))) {
            return cst_callsite_unpack(value);
        }
    }
    return cst_callsite_get_slow(return_address, door);
}

/** The common case of cst_callsite_get, in few instructions: true when the site is known in its home row, and rests on
 * nothing but what code says and what variables hold still; then gives its owner and site. */
CST_INLINE bool cst_callsite_quick(uintptr_t return_address, enum custody_door door, uint16_t *out_owner,
                                   uint32_t *out_site)
{
    uint64_t key = cst_callsite_key(return_address, door);
    const struct cst_callsite_row *row = &cst_callsite_table[cst_callsite_home(key)];
    if (CST_UNLIKELY(atomic_load_explicit(&row->key, memory_order_acquire) != key)) {
        return false;
    }
    uint64_t value = atomic_load_explicit(&row->value, memory_order_acquire);
    if (CST_UNLIKELY(atomic_load_explicit(&row->key, memory_order_relaxed) != key || !cst_callsite_is_plain(value))) {
        return false;
    }
    *out_owner = (uint16_t)(value >> 48);
    *out_site = (uint32_t)value >> 8;
    return true;
}

/** As cst_callsite_quick in more of the cases: also in other rows than its home. Reads no code. */
CST_MUST_USE bool cst_callsite_steady(uintptr_t return_address, enum custody_door door, uint16_t *out_owner,
                                      uint32_t *out_site);

/** The address of a door, as set up; 0 when it has none. */
uintptr_t cst_callsite_door(enum custody_door door);

/** Forgets every call site in [lo, hi): its module was unloaded. */
void cst_callsite_forget(uintptr_t lo, uintptr_t hi);

/** After fork, in the child: frees locks that another thread of the parent may have held. */
void cst_callsite_after_fork(void);

#endif
