/* What kind of program an ELF file is, as far as preloading into it is concerned. Reads the file with libelf, runs
 * nothing, keeps nothing open. */
#ifndef CST_TOOL_ELF_IMAGE_H
#define CST_TOOL_ELF_IMAGE_H

#include <stdbool.h>

/** Facts of an executable. Strings are static. */
struct cst_elf_image {
    bool native;           /**< class, byte order and machine of this tool itself */
    const char *machine;   /**< "32-bit x86", "AArch64", ... */
    bool dynamic;          /**< asks for a dynamic linker */
    const char *sanitizer; /**< "AddressSanitizer", ...; NULL when not instrumented */
    const char *trouble;   /**< why it could not be read */
};

/** Reads the file at `path`; false when it is no readable ELF file, with `trouble` set. */
bool cst_elf_image_read(const char *path, struct cst_elf_image *out_image);

/** What `machine` says of programs that this tool can audit. */
const char *cst_elf_image_native_name(void);

#endif
