/* Functions in .eh_frame: the frame description entry that covers an address, found by the binary search table of
 * .eh_frame_hdr (Linux Standard Base, Core, "Exception Frames"; DWARF 5, section 6.4): which addresses it is for, and
 * where the instructions lie that say how to find the caller (cfi.h reads them). Only the encodings that linkers write
 * are read; a function without an entry is unknown. Bounds-checked against hostile tables. No allocation, no lock, any
 * thread. */
#ifndef CST_SITE_FDE_H
#define CST_SITE_FDE_H

#include "site/callsite_image.h"

/** An entry with what its common part (CIE) says. Both lists of instructions lie in one readable segment of the module. */
struct cst_fde {
    struct cst_range function;     /**< run-time addresses of the function, or of a part, where the compiler split it */
    struct cst_range common;       /**< call frame instructions that all functions of the common part begin with */
    struct cst_range instructions; /**< those of this function */
    uint64_t code_factor;          /**< what advances of the location are multiplied by */
    int64_t data_factor;           /**< what factored offsets are multiplied by */
    bool has_pads;                 /**< of a function into which the unwinder may jump (augmentation 'L') */
    bool signal_frame;             /**< its caller was interrupted by a signal (augmentation 'S') */
};

/** The entry that covers `address`. Its function lies in one executable segment of the module. False when there is none. */
CST_MUST_USE bool cst_fde_read(const struct cst_image *image, uintptr_t address, struct cst_fde *out_fde);

/** True when the frame is laid out already where the entry's code begins: it is a part of a function that the compiler split,
 * into whose middle the rest may jump. */
CST_MUST_USE bool cst_fde_is_part(const struct cst_fde *fde);

/** The range alone of the function (or the part of one, where the compiler split it) that covers `address`. */
CST_MUST_USE bool cst_fde_find(const struct cst_image *image, uintptr_t address, struct cst_range *out_function);

/** The functions of a module in the order of their addresses, as the binary search table lists them. */
struct cst_fde_list {
    struct cst_range header; /**< of this module's own memory */
    size_t count;
};

/** Opens the list of functions. False when the module has none that can be read. */
CST_MUST_USE bool cst_fde_list_open(const struct cst_image *image, struct cst_fde_list *out_list);

/** Where function `index` of the list (below its count) begins, true or not. */
uintptr_t cst_fde_list_start(const struct cst_fde_list *list, size_t index);

#endif
