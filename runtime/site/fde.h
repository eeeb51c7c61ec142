/* Function bounds from .eh_frame: the range of the frame description entry that covers an address, found by the binary
 * search table of .eh_frame_hdr (Linux Standard Base, Core, "Exception Frames"; DWARF 5, section 6.4). Only the encodings
 * that linkers write are read; a function without an entry is unknown. Bounds-checked against hostile tables. No
 * allocation, no lock, any thread. */
#ifndef CST_SITE_FDE_H
#define CST_SITE_FDE_H

#include "site/callsite_image.h"

/** The run-time range of the function (or the part of one, where the compiler split it) that covers `address`. It lies
 * in one executable segment of the module. False when no entry covers it. */
CST_MUST_USE bool cst_fde_find(const struct cst_image *image, uintptr_t address, struct cst_range *out_function);

#endif
