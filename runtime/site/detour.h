/* Detours: functions of loaded modules, redirected at their first bytes to hooks of ours, which can still run the function
 * as it was. For functions that are no plain thunks (see rust_slot.h for those): allocators' bodies. The first
 * instructions make room for a jump and are moved into a stub near the module; they run there, and go on in the function.
 *
 *   function:  [endbr64]  jmp hook stub  ...the rest, as it was...
 *   stub:      puts the address of the detour into an argument register, jumps to the hook
 *   original:  the moved instructions, jump to the rest
 *
 * A function is redirected only if all of this holds; otherwise it is left as it is:
 *  - its bytes in memory are those of the file; it is long enough, by .eh_frame or its symbol;
 *  - nothing in it, nor in a part of it that was split off, jumps to what is replaced, and no jump's target is unknown;
 *  - every moved instruction is understood. Calls return to where they always did: a walk of the stack, or an exception,
 *    that comes through the function meets its own code, whose unwind tables hold, never moved code, which has none;
 *  - no thread can be in the middle of what is replaced: it is one instruction, in one word, or there is one thread.
 *
 * The hook is entered by a jump, as if the caller had called it: its return address and frame are those of the function. */
#ifndef CST_SITE_DETOUR_H
#define CST_SITE_DETOUR_H

#include "base/elf.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Detours that can be known at one time. */
#define CST_DETOURS_MAX 4096

/** Functions of one module that can be redirected together. */
#define CST_DETOUR_BATCH_MAX 128

/** One redirected function. In memory that lasts as long as the process (the pool); filled by who wants it laid, but for
 * the last two fields. Not changed once laid. */
struct cst_detour {
    uintptr_t function; /**< run-time address of its first byte */
    size_t size;        /**< its bytes, for a function that .eh_frame does not know; 0: unknown */
    uintptr_t hook;     /**< address of a function with the arguments of the one redirected, and one more */
    unsigned
        argument; /**< which of the hook's integer arguments that is, from 0 to 5: it gets the address of this struct */
    const void *data;   /**< the hook's own */
    uintptr_t original; /**< out: address of a function that does what the redirected one did */
    uint32_t module;    /**< out: id of its module */
};

/** Lays all of `detours`, functions of `module` whose file is `elf`, or none. The module must be loaded. False when any of
 * them cannot be: all functions are then as they were. One thread at a time for one module; takes no lock across calls. */
CST_MUST_USE bool cst_detour_lay(const struct cst_module *module, const struct cst_elf *elf, struct cst_detour *detours,
                                 size_t count);

/** The detour of the function that begins at `function`; NULL when it has none. Without a lock, any thread; linear in the
 * number of detours: for call sites that are seen for the first time. */
CST_MUST_USE const struct cst_detour *cst_detour_at(uintptr_t function);

/** Forgets the detours of a module that was unloaded: their addresses may come to belong to another. */
void cst_detour_forget(uint32_t module);

/** After fork, in the child: frees a lock that another thread of the parent may have held. */
void cst_detour_after_fork(void);

#endif
