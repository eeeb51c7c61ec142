/* Roots: the memory in which a program's pointers to its blocks may lie, as ranges, from the kernel's list of mappings:
 * writable data of modules, stacks as far as they are in use, thread-local storage, and whatever else the program has
 * mapped privately. Left out: the heap, whose blocks count only when something leads to them, the runtime's own memory,
 * the unused parts of stacks, and files and devices that are shared. Made while the other threads are halted: takes no
 * lock, and no memory but mappings of its own. */
#ifndef CST_CORE_ROOT_H
#define CST_CORE_ROOT_H

#include "core/reach.h"
#include "plat/halt.h"

#define CST_ROOTS_MAX ((size_t)1 << 17)
#define CST_ROOT_BARS_MAX ((size_t)4096)

struct cst_root {
    uintptr_t lo, hi;
    uint16_t holder; /**< as in reach.h */
    uint8_t how;     /**< enum cst_reach_how */
};

/** A module's data and whose it is. */
struct cst_root_image {
    uint16_t side;
    bool ours; /**< the library this runtime is in: its data is no root */
};

/** What is gathered. */
struct cst_roots {
    struct cst_root *roots;
    size_t count;
    struct cst_reach_range *bars; /**< parts of the heap that cannot be read as they are, in order */
    size_t bar_count;
    struct cst_reach_range *images; /**< modules, in order of address */
    struct cst_root_image *image_facts;
    size_t image_count;
};

/** Maps memory for the result and notes the modules; before threads are halted, since it may register sides. False when
 * memory is out. */
CST_MUST_USE bool cst_roots_prepare(struct cst_roots *out_roots);

/** Gathers. `stack_pointer` is where the calling thread's stack is in use from, on
 * behalf of the program. False when the mappings could not be
 * listed, or are too many: then nothing can be said. */
CST_MUST_USE bool cst_roots_gather(struct cst_roots *roots, const struct cst_halt *halt, uintptr_t stack_pointer);

/** Gives every root to `reach`, with the registers of halted threads, the pointers that the kernel keeps, and the
 * data of callbacks. */
void cst_roots_mark(const struct cst_roots *roots, const struct cst_halt *halt, struct cst_reach *reach);

/** Gives the memory back. */
void cst_roots_free(struct cst_roots *roots);

#endif
