/* The program headers of a module, as they lie in its memory. Called by the registry and its neighbours in runtime/site
 * only. No locks, no allocation; any thread. */
#ifndef CST_SITE_MODULE_HEADERS_H
#define CST_SITE_MODULE_HEADERS_H

#include "site/module.h"

/** Room for the program headers of one module: more than linkers ever make. */
struct cst_module_headers {
    unsigned char bytes[CST_MODULE_HEADERS_MAX];
    size_t size; /**< bytes used; whole entries of Elf64_Phdr. 0: unknown */
};

/** Copies `size` bytes of a module that another thread may be unloading: false, and no fault, when they are not there. */
CST_MUST_USE bool cst_module_read_memory(uintptr_t address, size_t size, void *out_bytes);

/** Copies the program headers of `module`, whose base, lo and hi are set. They follow the file
 * header in its first page, or lie in whatever segment a tool that rewrites files (BOLT, patchelf) has moved them to.
 * Unknown when it is no longer loaded, when the first page holds no file header, when they are in no segment, or when they do not agree on where they
 * are. */
void cst_module_headers_read(const struct cst_module *module, struct cst_module_headers *out_headers);

#endif
