/* The mappings of the process, as the kernel lists them in /proc/thread-self/maps (proc(5); that of
 * the process is empty once its first thread has ended). Reads through a buffer of 4 KiB
 * on the caller's stack: no allocation, no lock, no libc beyond string functions, errno as it was. Slow (one line of
 * text per mapping): for findings, not for calls. Mappings that appear or go while the list is read may be missed or
 * seen. */
#ifndef CST_BASE_MAPS_H
#define CST_BASE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One mapping, [lo, hi). Valid, with its name, during the call of the visitor only. */
struct cst_mapping {
    uintptr_t lo, hi;
    bool readable, writable, executable, shared;
    uint64_t offset; /**< bytes into the file */
    uint64_t inode;  /**< of the file; 0 for anonymous memory */
    const char
        *name; /**< path, "[stack]", "[heap]", "[vdso]", ...; "" for anonymous memory. Cut when longer than ~4,000
                           bytes; newlines in it are spelled \012 by the kernel */
};

/** Sees one mapping, in ascending order of address; false ends the visit. */
typedef bool cst_maps_visitor(const struct cst_mapping *mapping, void *context);

/** Shows every mapping of this process to `visit`. False when the list cannot be read. */
bool cst_maps_each(cst_maps_visitor *visit, void *context);

/** As cst_maps_each, for a list in the same format at `path`. Lines that are not in that format are skipped. */
bool cst_maps_each_in(const char *path, cst_maps_visitor *visit, void *context);

#endif
