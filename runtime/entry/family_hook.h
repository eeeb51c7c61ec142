/* Hooks of families (custody/families.def): one function to which all functions of such allocators are redirected, wherever
 * they are. It does what the row of the function says: runs the function as it was, and has the block adopted; or has a
 * block judged that is to be released or resized, and does it right: a block of our heap, or of another allocator, never
 * reaches the function. What the functions of a library call of each other is their own affair. */
#ifndef CST_ENTRY_FAMILY_HOOK_H
#define CST_ENTRY_FAMILY_HOOK_H

#include "core/adopted.h"
#include "site/detour.h"
#include "site/family.h"

#include <stdint.h>

/** A library with a family's functions. In the pool, not changed once its functions are redirected. */
struct cst_family {
    struct cst_adopter adopter;        /**< first: a pointer to it is one to the family */
    const struct cst_detour *maker;    /**< its first function that makes blocks */
    const struct cst_detour *releaser; /**< its first that releases them */
    const struct cst_detour *usable;   /**< its first that tells their size */
};

/** One function of it: the data of its detour. */
struct cst_family_door {
    const struct cst_family_function *function;
    const struct cst_family *family;
};

/** The integer argument in which the hook gets the detour. */
#define CST_FAMILY_HOOK_ARGUMENT CST_FAMILY_ARGUMENTS

/** The hook: five arguments as the caller gave them, of which the function may have fewer; its result. */
uintptr_t cst_family_hook(uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth,
                          const struct cst_detour *detour);

/** The adopter's functions of every family. */
void cst_family_release(const struct cst_adopter *adopter, void *block, size_t size, size_t align);
size_t cst_family_usable(const struct cst_adopter *adopter, void *block);

#endif
