/* Where a call or a jump really goes: follows stubs of the procedure linkage table to the function behind them, and says
 * whether that is the door in question, a Rust entry, or a function whose own jumps must be looked at. Reads the memory
 * of loaded modules only. No allocation, no lock held; may register modules. */
#ifndef CST_SITE_CALLSITE_FOLLOW_H
#define CST_SITE_CALLSITE_FOLLOW_H

#include "site/callsite_grounds.h"
#include "site/callsite_value.h"
#include "site/rust.h"

/** What a call is followed for. */
struct cst_goal {
    enum custody_door name;
    uintptr_t door; /**< address of the door; 0 when it has none and only a Rust entry leads there */
};

enum cst_landing_kind {
    CST_LAND_OPAQUE,    /**< outside every module, or code of unknown extent */
    CST_LAND_DOOR,      /**< the door */
    CST_LAND_RUST,      /**< a Rust entry, each of which leads to the door: `rust_module` */
    CST_LAND_ELSEWHERE, /**< code that never goes on to the door: our own */
    CST_LAND_UNBOUND,   /**< a stub that the dynamic linker has not resolved yet */
    CST_LAND_FUNCTION,  /**< a function: `module` and `function` */
};

struct cst_landing {
    enum cst_landing_kind kind;
    uint32_t rust_module;
    uintptr_t
        variable; /**< the one that held the door's address; 0 when the landing is another, or was found without */
    const struct cst_module *module;
    struct cst_range function;
};

/** Follows code at `address`. */
struct cst_landing cst_follow(uintptr_t address, const struct cst_goal *goal);

/** Follows the function address in the word at `slot`, of any loaded module. Unless the dynamic linker fills that word, or it
 * holds a Rust entry, which nobody but Rust code calls, it is a variable of the program: what it holds now is followed, and
 * noted in `grounds`. A variable without a function leads elsewhere: who checks it does not call it. */
struct cst_landing cst_follow_slot(uintptr_t slot, const struct cst_goal *goal, struct cst_grounds *grounds);

/** Follows what a register or a memory operand can only be. */
struct cst_landing cst_follow_value(const struct cst_value *value, const struct cst_goal *goal,
                                    struct cst_grounds *grounds);

#endif
