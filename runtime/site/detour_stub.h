/* Stubs: the code that a redirected function leads to, and the code that runs it as it was, side by side. x86-64. Called
 * by detour.c only. */
#ifndef CST_SITE_DETOUR_STUB_H
#define CST_SITE_DETOUR_STUB_H

#include "site/detour.h"
#include "site/detour_move.h"

/** One stub. The jump leads to its first byte. */
struct cst_detour_stub {
    uint8_t hook[32];                           /**< to the hook */
    uint8_t original[8 + CST_DETOUR_MOVED_MAX]; /**< as the function was */
};

/** Address of the moved code in `stub`: what it must be moved to. */
uintptr_t cst_detour_stub_original(const struct cst_detour_stub *stub);

/** Writes `stub`, in memory that is writable, and sets detour->original. False when the hook has no such argument. */
CST_MUST_USE bool cst_detour_stub_write(struct cst_detour_stub *stub, struct cst_detour *detour,
                                        const struct cst_moved *moved);

#endif
