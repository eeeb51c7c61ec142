/* Callers: whose code it is that calls a door, once it is known which instruction called: the module, the language of
 * the function, and the contract that a call from there takes part in. That contract is mostly the door's own; it is
 * another one where the code is an allocator that rests on the door, such as Rust's after link-time optimisation, or a
 * library's (site/allocator.h). Takes no lock; may read the module's file, so it is asked once a call site. */
#ifndef CST_SITE_CALLER_H
#define CST_SITE_CALLER_H

#include "custody/words.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stdint.h>

struct cst_caller {
    const struct cst_module *module;
    enum custody_lang lang;         /**< of the function; CUSTODY_LANG_NONE when nothing is known but the module */
    enum custody_contract contract; /**< of a call from there */
    bool in_doubt; /**< that contract is what the code's names say, in a module in which names prove nothing */
};

/** Who calls `door` by the instruction that `address` lies in, which is code of `module`. */
struct cst_caller cst_caller_at(const struct cst_module *module, uintptr_t address, enum custody_door door);

/** The same, when the call goes through the function pointer at `variable`: it may be one by which a library lets everybody
 * call its allocator, and then the caller is that library. 0: as cst_caller_at. */
struct cst_caller cst_caller_through(uintptr_t variable, const struct cst_module *module, uintptr_t address,
                                     enum custody_door door);

/** True when a call by `one` and a call by `other` take part in the same contract, and in the same module. */
CST_INLINE bool cst_caller_agrees(const struct cst_caller *one, const struct cst_caller *other)
{
    return one->module == other->module && one->contract == other->contract;
}

#endif
