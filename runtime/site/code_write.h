/* Writing into the code of a loaded module, whose pages are not writable: through /proc/self/mem, or, where that is refused and while other
 * threads run, by pages that take the place of the old ones. No page loses its protection even for a moment, and none is ever
 * writable and executable at once. Called by those who hook functions (rust_thunks.c, detour.c), one thread at a time. No
 * lock, no allocation; errno as it was. */
#ifndef CST_SITE_CODE_WRITE_H
#define CST_SITE_CODE_WRITE_H

#include "base/elf.h"
#include "plat/compiler.h"
#include "site/module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How code is written. */
struct cst_code_writer {
    int memory;     /**< descriptor of the process's own memory, or negative */
    int protection; /**< PROT_* that the pages have and get back */
};

/** Whether the process certainly has one thread, as during start; false at first. */
void cst_code_alone(bool alone);

/** True unless the process has one thread, as far as libc and cst_code_alone know. Threads that are not made by libc do not
 * count: they have no business in code that we hook. */
CST_MUST_USE bool cst_code_has_other_threads(void);

/** A writer for the segment of the module whose file is `elf` in which `address` (the file's own numbering) lies. */
struct cst_code_writer cst_code_open(const struct cst_elf *elf, uint64_t address);

void cst_code_close(const struct cst_code_writer *writer);

/** Puts `bytes` at `address`. An aligned word of 8 bytes, or fewer inside one, is written as one: a thread that executes
 * it sees the old or the new. False when refused. */
CST_MUST_USE bool cst_code_write(const struct cst_code_writer *writer, uintptr_t address, const unsigned char *bytes,
                                 size_t size);

#endif
