/* Call sites: which module called an allocator, decided from the instruction in front of the return address, because
 * the return address itself lies when a function ends in a tail jump. The answer belongs to the pair of return address
 * and door and is worked out once; later calls find it in a table without a lock.
 *
 *   call foo / call foo@plt / call *foo@GOT   where foo is the door itself         -> the caller is where we return to
 *   the same, where foo is another function whose code jumps to the door (perhaps
 *   through further tail jumps)                                                   -> that function is the caller
 *   call *%reg with the register loaded from a GOT slot that holds the door       -> the caller is where we return to
 *   anything else                                                                 -> unknown; never a reason to accuse
 */
#ifndef CST_SITE_CALLSITE_H
#define CST_SITE_CALLSITE_H

#include "custody/words.h"
#include "site/module.h"

/** How a call site was read. */
enum cst_callsite_how {
    CST_HOW_UNKNOWN,  /**< cannot be told: register-indirect, undecodable, outside every module */
    CST_HOW_DIRECT,   /**< the code at the return address called the door */
    CST_HOW_TAIL,     /**< a function called from there tail-jumped to the door: it is the caller */
    CST_HOW_HOISTED,  /**< called through a register that the same function loads from the door's GOT slot */
    CST_HOW_RUST,     /**< went through a `__rust_*` entry that was not hooked yet */
};

/** What is known of one call site. `owner` is what the resolver below made of the module: opaque here. */
struct cst_callsite {
    uint32_t module; /**< id of the module that called; CST_MODULE_NONE when unknown */
    uint16_t owner;  /**< the resolver's answer; 0 when unknown */
    uint8_t how;     /**< enum cst_callsite_how */
    uint8_t spare;
    uint32_t site;   /**< the resolver's answer for the return address (an id of the one-frame stack) */
};

/** Turns (module or NULL, door) into an owner, and a return address into a site id. Called once per call site. */
struct cst_callsite_resolver {
    uint16_t (*owner)(const struct cst_module *module, enum custody_door door, enum cst_callsite_how how);
    uint32_t (*site)(uintptr_t return_address);
};

/** Sets the addresses of the doors (0 where a door has none) and the resolver; at start. Arrays are kept, not copied. */
void cst_callsite_setup(const uintptr_t doors[CUSTODY_DOOR_COUNT], const struct cst_callsite_resolver *resolver);

/** What is known of the call that will return to `return_address` and entered at `door`. Never fails. */
struct cst_callsite cst_callsite_get(uintptr_t return_address, enum custody_door door);

/** Forgets every call site in [lo, hi): its module was unloaded. */
void cst_callsite_forget(uintptr_t lo, uintptr_t hi);

/** After fork, in the child: frees locks that another thread of the parent may have held. */
void cst_callsite_after_fork(void);

#endif
