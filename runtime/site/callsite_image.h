/* A module as it lies in memory: which of its bytes may be read as code or as data, and which words of it the dynamic
 * linker fills with the address of a function. Everything comes from the module's program headers; a module of which they
 * are unknown has neither code nor data for us. Hostile headers are bounds-checked: nothing
 * outside the module's loaded segments is ever read. No allocation, no lock, any thread. */
#ifndef CST_SITE_CALLSITE_IMAGE_H
#define CST_SITE_CALLSITE_IMAGE_H

#include "base/elf.h"
#include "site/module.h"

/** A module that is loaded now, opened for reading. Plain value, nothing to release. */
struct cst_image {
    const struct cst_module *module;
    struct cst_elf headers; /**< its program headers only */
};

/** A range of run-time addresses, [lo, hi), that may be read. */
struct cst_range {
    uintptr_t lo, hi;
};

/** Opens the module that covers `address`. False when none does or its headers cannot be read. May register the module:
 * no lock of the runtime may be held. */
CST_MUST_USE bool cst_image_at(uintptr_t address, struct cst_image *out_image);

/** Opens `module`, which must be loaded. False when its headers cannot be read. */
CST_MUST_USE bool cst_image_open(const struct cst_module *module, struct cst_image *out_image);

/** The loaded segment around `address`, readable and with all of `flags` (PF_X, PF_W, 0). False when there is none. */
CST_MUST_USE bool cst_image_segment(const struct cst_image *image, uintptr_t address, uint32_t flags,
                                    struct cst_range *out_range);

/** Where the first program header of `type` (PT_DYNAMIC, PT_GNU_EH_FRAME) lies, inside a loaded readable segment. False
 * when it is absent or does not. */
CST_MUST_USE bool cst_image_part(const struct cst_image *image, uint32_t type, struct cst_range *out_range);

/** Who fills a word of the module with a function's address. */
enum cst_slot {
    CST_SLOT_NONE,     /**< not the dynamic linker, or as data: a variable of the program */
    CST_SLOT_CONSTANT, /**< the dynamic linker, in a part that is read-only from then on (PT_GNU_RELRO): a constant of the
                            program, or an entry of the global offset table for a function of the module's own */
    CST_SLOT_GLOBAL,   /**< R_X86_64_GLOB_DAT: an entry of the global offset table */
    CST_SLOT_JUMP,     /**< R_X86_64_JUMP_SLOT: the word behind a stub of the procedure linkage table */
};

/** What the module's program headers and dynamic relocations say of the word at `slot`. Linear in their number without the relative ones. */
CST_MUST_USE enum cst_slot cst_image_slot(const struct cst_image *image, uintptr_t slot);

/** The word at `slot`. False when it does not lie in the module's loaded segments. */
CST_MUST_USE bool cst_image_word(const struct cst_image *image, uintptr_t slot, uintptr_t *out_word);

#endif
