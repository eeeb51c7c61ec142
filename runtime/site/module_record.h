/* The registry's own record of a module: what the world sees, and what it is recognised by. Shared by module.c,
 * module_symbol.c and code_map.c only. Records lie in the pool and are never freed. */
#ifndef CST_SITE_MODULE_RECORD_H
#define CST_SITE_MODULE_RECORD_H

#include "base/elf.h"
#include "site/module.h"

#include <stdatomic.h>

struct link_map;
struct cst_facts;

struct cst_module_record {
    struct cst_module module;   /**< first, so that a pointer to it is a pointer to the record */
    const struct link_map *map; /**< the dynamic linker's record; dangling once the module is unloaded */
    const char *loader_name;    /**< the name in it, copied */
    bool in_parts;              /**< has holes between its segments: an object for each of them to the dynamic linker */
    _Atomic(struct cst_facts *) code; /**< code_map.c: languages of its functions, once asked for */
    _Atomic(struct cst_elf *) file;   /**< module_symbol.c: the file, once asked for; empty when it cannot be had */
};

#endif
