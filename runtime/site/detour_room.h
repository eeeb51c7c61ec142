/* Room for a detour: whether the first bytes of a function may be replaced, from its bounds and from all jumps in it. x86-64.
 * Pure but for the memory of the module that it reads; no lock; called by detour.c only. */
#ifndef CST_SITE_DETOUR_ROOM_H
#define CST_SITE_DETOUR_ROOM_H

#include "site/callsite_image.h"

/** A function. */
struct cst_room {
    struct cst_image image;
    struct cst_range function; /**< all of it, or its main part when it was split */
    uintptr_t entry;           /**< the first byte that may be replaced: behind an endbr64, if it begins with one */
};

/** Finds the bounds of the function of `module` that begins at `address`: by .eh_frame, or else by `size`. False when they
 * are unknown, or do not lie in one executable segment. */
CST_MUST_USE bool cst_room_open(const struct cst_module *module, uintptr_t address, size_t size,
                                struct cst_room *out_room);

/** True when nothing in the function, or in parts of it that lie elsewhere, jumps to its first bytes up to `taken` bytes
 * behind the entry. */
CST_MUST_USE bool cst_room_is_free(const struct cst_room *room, size_t taken);

#endif
